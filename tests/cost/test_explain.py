"""Any number of a result walks back to its figures, and what it says on the way adds up."""

import json
import math
from pathlib import Path

import pytest

from archsim.cost.explain import explain
from archsim.cost.paths import leaves, named_tree, resolve
from archsim.run.result import Result
from hwlib import InputError
from hwlib.errors import StoredNote
from tests.cost.hand_result import make_result
from tests.members import every
from tests.near import near


def value_at(result, path):
    value = tree = named_tree(result.document)
    for key in resolve(tree, path):
        value = value[key]
    return value


PRICED = [
    "area_mm2",
    "energy_j",
    "power_uw",
    "static_power_uw",
    "dynamic_power_uw",
    "energy_per_image_j",
    "boundaries.macro.energy_j",
    "boundaries.system.area_mm2",
    "boundaries.system.power_uw",
    "by_component.shift_add.energy_j",
    "by_component.shift_add.dynamic_energy_j",
    "by_component.input_register.static_energy_j",
    "by_component.vector_unit.area_mm2",
    "by_component.vector_unit.static_power_uw",
    "by_component_off_chip.off_chip_memory.energy_j",
    "by_layer.conv1.forward.energy_j",
    "by_layer.conv1.forward.off_chip_energy_j",
    "by_layer.shared.shared.energy_j",
    "by_phase.update.energy_j",
    "by_phase.shared.energy_j",
]


@every("path", PRICED)
def test_priced_numbers_reach_their_figures(path):
    """The root is the printed number; every leaf that carries a price is a figure with source and
    place.
    """
    result = make_result()
    node = explain(result, path)
    assert node.value == near(value_at(result, path), rel=1e-12)
    figures = [item for item in node.walk() if item.figure]
    assert figures
    for item in figures:
        assert (
            item.figure["source"]
            and item.figure["place"]
            and item.figure["kind"] in ("measured", "simulated", "stated", "scaled", "assumed")
        )
        assert item.low <= item.value <= item.high
    assert {item.figure["name"] for item in figures} <= {row["name"] for row in result.figures}


@every("path", PRICED)
def test_sums_on_the_way_add_up(path):
    for node in explain(make_result(), path).walk():
        if node.how.startswith(
            ("sum of the components", "sum over", "dynamic +", "static power +")
        ):
            assert math.fsum(child.value for child in node.children) == near(
                node.value, rel=1e-9
            ), node.name
        if node.how.startswith("count x"):
            count, each = node.children
            assert count.value * each.value == near(node.value, rel=1e-9)
            assert math.fsum(row.value for row in count.children) == near(count.value)


@pytest.mark.parametrize("cycles", [2000, None])
def test_every_number_of_the_document_has_a_trail(cycles):
    result = make_result(cycles)
    paths = list(leaves(named_tree(result.document)))
    assert len(paths) > 100
    for path in paths:
        node = explain(result, path)
        assert node.how, path
        json.dumps(node.to_dict(), allow_nan=False)
        stored = value_at(result, path)
        if isinstance(stored, int | float):
            # a row of the ledger or the inventory, and a bound of a figure, hang under the number
            # they belong to
            assert node.value == near(stored) or path.startswith("figures."), path


def test_metric_first_or_last():
    result = make_result()
    assert explain(result, "energy_j.by_component.shift_add") == explain(
        result, "by_component.shift_add.energy_j"
    )
    assert explain(result, "energy_j.by_layer.conv1.forward") == explain(
        result, "by_layer.conv1.forward.energy_j"
    )


def test_a_layer_over_its_phases():
    result = make_result()
    rows = [row["energy_j"] for row in result.by_layer if row["layer"] == "conv1"]
    assert explain(result, "energy_j.by_layer.conv1").value == near(math.fsum(rows), rel=1e-12)


def test_a_layer_with_dots_in_its_name():
    result = make_result(layer="block.1/conv.a")
    assert explain(result, "by_layer.block.1/conv.a.forward.energy_j").value > 0


def test_a_setting_says_that_it_is_one():
    how = explain(make_result(), "settings.tile.rows").how
    assert how.startswith("setting tile.rows of the architecture 'chip'")
    assert "tile" not in explain(make_result(), "images").how


def test_counted_numbers_say_by_what():
    result = make_result()
    cycles = explain(result, "cycles")
    assert "event simulation" in cycles.how
    assert {"resource tile 0", "setting execution.mode", "phase forward"} <= {
        child.name for child in cycles.children
    }
    layer = explain(result, "by_layer.conv1.forward.cycles")
    assert any("cycle 5 to 605" in child.how for child in layer.children)
    latency = explain(result, "latency_s")
    assert latency.value == near(latency.children[0].value / (latency.children[1].value * 1e6))


@pytest.mark.parametrize(
    "path, message",
    [
        ("energi_j", "did you mean 'energy_j'"),
        ("by_component.shiftadd.energy_j", "did you mean 'by_component.shift_add.energy_j'"),
        (
            "by_component.adc.energy_j",
            "under 'by_component': shift_add, input_register, vector_unit",
        ),
        ("by_component.shift_add", "by_component.shift_add.energy_j"),
        ("by_layer.conv1.sideways.energy_j", "under 'by_layer.conv1': forward, update"),
        ("", "no such number"),
        ("energy_j.by_component", "a branch|no such number"),
    ],
)
def test_unknown_paths_name_the_nearest(path, message):
    with pytest.raises(InputError, match=message):
        explain(make_result(), path)


def test_untimed_numbers_say_so():
    result = make_result(cycles=None)
    assert explain(result, "power_uw").value is None
    assert "not timed" in explain(result, "power_uw").how
    assert "dynamic only" in explain(result, "energy_j").how


def test_a_result_priced_with_other_figures_says_so(tmp_path):
    path = Path(make_result().save(tmp_path)) / "result.json"
    document = json.loads(path.read_text())
    del document["digest"]
    for row in document["inventory"]:  # of a version that kept no prices, with others than today's
        del row["unit_prices"]
        row["area_mm2"] *= 1.5
    for row in document["by_component"].values():
        row["area_mm2"] *= 1.5
    for row in document["by_component_off_chip"].values():
        row["area_mm2"] *= 1.5
    document["boundaries"].pop("die", None)  # nor a die
    for row in document["boundaries"].values():
        row["area_mm2"] *= 1.5
        row["area_mm2_range"] = [1.5 * end for end in row["area_mm2_range"]]
    document["area_mm2"] *= 1.5
    document["area_mm2_range"] = [1.5 * end for end in document["area_mm2_range"]]
    path.write_text(json.dumps(document))
    with pytest.warns(StoredNote, match="without digest and prices"):
        Result.load(path)
    assert "with other figures" in explain(Result.load(path), "area_mm2").how
