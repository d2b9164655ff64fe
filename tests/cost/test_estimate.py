"""The priced ledger: sums close, boundaries nest, ranges hold, re-pricing needs no simulation,
files come back equal.
"""

import json
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import archsim
from archsim.cost.estimate import SHARED, price_run
from archsim.cost.explain import explain
from archsim.ledger.component import Component
from archsim.ledger.ledger import Ledger
from archsim.run.result import FACTS, Result
from archsim.run.result_schema import check_document
from hwlib import PARTS, InputError
from hwlib.part import Parameter, Part
from hwlib.quantity import Figure, Quantity, derive


def made_figure(name, value, unit, low, high):
    return Figure(
        name, value, low, high, unit, "assumed", "murmann2025", "this test", 40.0, "", value, unit
    )


AREA = made_figure("toy.area", 100.0, "um2", 50.0, 200.0)
LEAKAGE = made_figure("toy.leakage", 2e-6, "W", 1e-6, 4e-6)
ENERGY = made_figure("toy.energy", 3e-12, "J", 2e-12, 9e-12)
UNUSED = made_figure("toy.unused", 1e-12, "J", 1e-12, 1e-12)


class Toy(Part):
    name = "toy"
    title = "a part of this test"
    group = "test"
    scaling = "none"
    parameters = (Parameter("bits", 8, 1, 16, "bit", integer=True, monotone=True),)
    actions = {"convert": "one conversion", "rest": "one rest"}

    def area(self) -> Quantity:
        return derive("area x bits", "um2", lambda area: area * self.bits, AREA)

    def leakage(self) -> Quantity:
        return derive("leakage", "W", lambda leakage: leakage, LEAKAGE)

    def energy(self, action: str) -> Quantity:
        if action == "rest":
            return derive("rest", "J", lambda energy: energy, UNUSED)
        return derive("energy x bits", "J", lambda energy: energy * self.bits, ENERGY)


@pytest.fixture(autouse=True)
def toy_part():
    PARTS["toy"] = Toy
    yield
    del PARTS["toy"]


INVENTORY = (
    Component("adc", "toy", {"bits": 4}, 10, "macro"),
    Component("buffer", "toy", {"bits": 2}, 3, "chip"),
    Component("off_chip_memory", "toy", {}, 1, "system"),
)


def small_ledger():
    ledger = Ledger()
    ledger.add("adc", "convert", "conv1", "forward", 1000)
    ledger.add("adc", "convert", "conv2", "forward", 500)
    ledger.add("adc", "convert", "conv1", "update", 20)
    ledger.add("buffer", "convert", "conv1", "forward", 70)
    ledger.add("buffer", "convert", "", "", 9)
    ledger.add("off_chip_memory", "convert", "conv1", "forward", 5)
    return ledger


def facts(cycles=2000, **changes):
    timed = cycles is not None
    found = {
        "network": "toy_net",
        "architecture": "toy_chip",
        "scheme": "sgd",
        "phase": "training",
        "batch": 2,
        "images": 4,
        "node_nm": 40.0,
        "clock_mhz": 100.0,
        "cycles": cycles,
        "interval_per_image_s": None,
        "tiles": 2,
        "tiles_without": {},
        "operations": 3,
        "tile_operations": 30,
        "utilisation": 0.75,
        "activity": "assumed",
        "seed": 0,
        "busy_fractions": {"adc": 0.5 if timed else None},
        "by_layer": [
            {
                "layer": name,
                "phase": phase,
                "cycles": 600 if timed else None,
                "stall_cycles": 10 if timed else None,
                "tile_operations": 10,
            }
            for name, phase in (("conv1", "forward"), ("conv2", "forward"), ("conv1", "update"))
        ],
        "by_phase": {"forward": 1200 if timed else None, "update": 600 if timed else None},
        "resources": [
            {
                "name": "tile 0",
                "kind": "tile",
                "busy_cycles": 1500,
                "stalled_cycles": 100,
                "idle_cycles": 400,
                "total_cycles": 2000,
                "stalls": {"input": 100},
                "requests": 30,
                "queue_mean": 0.5,
                "queue_max": 3,
            }
        ]
        if timed
        else [],
        "stalls": {"input": 100, "output": 0, "dependency": 0, "instruction": 0},
        "timeline": [
            {
                "lane": "conv1",
                "layer": "conv1",
                "phase": "forward",
                "image": 0,
                "start": 0,
                "end": 600,
            }
        ]
        if timed
        else [],
        "roofline": {},
        "placement": [],
        "notes": [],
        "settings": {"tile": {"rows": 64}},
    }
    assert set(found) == set(FACTS)
    return {**found, **changes}


def small_result(cycles=2000, **changes):
    return Result.from_run(facts(cycles, **changes), INVENTORY, small_ledger())


def price_small(ledger=None, cycles=2000, inventory=INVENTORY):
    return price_run(
        inventory, ledger or small_ledger(), node_nm=40, clock_mhz=100, cycles=cycles, images=4
    )


def test_prices_by_hand():
    """Every number of a run small enough for pencil and paper."""
    result = small_result()
    seconds = 2000 / 100e6
    assert result.latency_s == pytest.approx(seconds)
    assert result.area_mm2 == pytest.approx((10 * 400 + 3 * 200) * 1e-6)
    assert result.static_power_uw == pytest.approx(2.0 * 13)
    adc, buffer = 1520 * 12e-12, 79 * 6e-12
    assert result.energy_j == pytest.approx(adc + buffer + 26e-6 * seconds)
    assert result.dynamic_power_uw == pytest.approx((adc + buffer) / seconds * 1e6)
    assert result.power_uw == pytest.approx(result.static_power_uw + result.dynamic_power_uw)
    assert result.energy_per_image_j == pytest.approx(result.energy_j / 4)
    assert result.by_component["adc"]["dynamic_energy_j"] == pytest.approx(adc)
    assert result.by_component["adc"]["static_energy_j"] == pytest.approx(20e-6 * seconds)


def test_sums_close():
    result = small_result()
    total = result.energy_j
    assert math.fsum(row["energy_j"] for row in result.by_component.values()) == pytest.approx(
        total, rel=1e-9
    )
    assert math.fsum(row["energy_j"] for row in result.by_layer) == pytest.approx(total, rel=1e-9)
    assert math.fsum(row["energy_j"] for row in result.by_phase.values()) == pytest.approx(
        total, rel=1e-9
    )
    assert math.fsum(row["area_mm2"] for row in result.by_component.values()) == pytest.approx(
        result.area_mm2, rel=1e-9
    )
    system = result.boundaries["system"]["energy_j"]
    off = math.fsum(row["energy_j"] for row in result.by_component_off_chip.values())
    assert total + off == pytest.approx(system, rel=1e-9)
    assert math.fsum(row["off_chip_energy_j"] for row in result.by_layer) == pytest.approx(
        off, rel=1e-9
    )
    assert math.fsum(row["off_chip_energy_j"] for row in result.by_phase.values()) == pytest.approx(
        off, rel=1e-9
    )


_names = st.sampled_from(["adc", "buffer", "off_chip_memory"])
_entries = st.lists(
    st.tuples(
        _names,
        st.sampled_from(["convert", "rest"]),
        st.sampled_from(["", "a", "b", "c"]),
        st.sampled_from(["", "forward", "backward", "update"]),
        st.floats(0, 1e15),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(_entries, st.integers(1, 10**12))
def test_sums_close_for_any_ledger(entries, cycles):
    PARTS["toy"] = Toy
    ledger = Ledger()
    for entry in entries:
        ledger.add(*entry)
    estimate = price_small(ledger, cycles)
    total = estimate.energy_j().value
    rows = estimate.energy_by_row()
    phases = estimate.energy_by_phase()
    assert math.fsum(on for on, _ in rows.values()) == pytest.approx(total, rel=1e-9)
    assert math.fsum(on for on, _ in phases.values()) == pytest.approx(total, rel=1e-9)
    assert math.fsum(off for _, off in rows.values()) + total == pytest.approx(
        estimate.energy_j("system").value, rel=1e-9
    )


def test_static_energy_belongs_to_no_layer():
    timed, untimed = price_small(), price_small(cycles=None)
    for key, pair in timed.energy_by_row().items():
        difference = pair[0] - untimed.energy_by_row()[key][0]
        assert difference == pytest.approx(26e-6 * 2e-5 if key == (SHARED, SHARED) else 0.0)


def test_boundaries_nest():
    boundaries = small_result().boundaries
    for key in ("area_mm2", "energy_j", "power_uw"):
        assert boundaries["macro"][key] < boundaries["chip"][key] < boundaries["system"][key]
    assert boundaries["chip"]["area_mm2"] == small_result().area_mm2


def test_ranges_enclose_and_follow_the_figures():
    result = small_result()
    assert result.area_mm2_range == pytest.approx([result.area_mm2 / 2, result.area_mm2 * 2])
    assert result.power_uw_range[0] == pytest.approx(
        result.static_power_uw / 2 + result.dynamic_power_uw * 2 / 3
    )
    assert result.power_uw_range[1] == pytest.approx(
        result.static_power_uw * 2 + result.dynamic_power_uw * 3
    )


def test_exactly_the_figures_used():
    """`toy.unused` prices an action that never happened: it does not stand among the figures, not
    even with a count of zero.
    """
    ledger = small_ledger()
    ledger.add("adc", "rest", "conv1", "forward", 0)
    assert [row["name"] for row in Result.from_run(facts(), INVENTORY, ledger).figures] == [
        "toy.area",
        "toy.energy",
        "toy.leakage",
    ]
    assert [row["name"] for row in small_result().figures] == [
        "toy.area",
        "toy.energy",
        "toy.leakage",
    ]
    row = small_result().figures[1]
    assert (row["value"], row["unit"], row["low"], row["high"]) == (3e-12, "J", 2e-12, 9e-12)
    assert (row["kind"], row["source"], row["place"]) == ("assumed", "murmann2025", "this test")


def test_without_timing_there_is_no_power():
    result = small_result(cycles=None)
    assert result.timing is False
    for key in ("cycles", "latency_s", "power_uw", "dynamic_power_uw", "power_uw_range"):
        assert getattr(result, key) is None
    assert result.energy_j == pytest.approx(1520 * 12e-12 + 79 * 6e-12)
    assert result.area_mm2 == small_result().area_mm2


@pytest.mark.parametrize(
    "entry, message",
    [
        (("dac", "convert", "a", "forward", 1), "component 'dac' is not in the inventory"),
        (("adc", "transmute", "a", "forward", 1), "declares no action 'transmute'"),
    ],
)
def test_a_ledger_that_cannot_be_priced_is_an_internal_fault(entry, message):
    ledger = small_ledger()
    ledger.add(*entry)
    with pytest.raises(RuntimeError, match=message):
        price_small(ledger)


def test_actions_of_absent_instances_are_refused():
    inventory = (Component("adc", "toy", {"bits": 4}, 0, "macro"), *INVENTORY[1:])
    with pytest.raises(RuntimeError, match="no instance of 'adc'"):
        price_small(inventory=inventory)


def test_two_components_of_one_name_are_refused():
    with pytest.raises(RuntimeError, match="two components of one name"):
        price_small(inventory=(*INVENTORY, INVENTORY[0]))


def test_the_order_of_counting_changes_no_bit():
    entries = [("adc", "convert", f"layer{i % 7}", "forward", 0.1 * i) for i in range(200)]
    forward, shuffled = Ledger(), Ledger()
    for entry in entries:
        forward.add(*entry)
    reloaded = Ledger.from_rows(forward.to_rows())
    keys = list(forward.counts)
    random.Random(1).shuffle(keys)
    shuffled.counts = {key: forward.counts[key] for key in keys}
    first = price_small(forward)
    assert price_small(reloaded) == first
    assert price_small(shuffled).energy_by_row() == first.energy_by_row()


def test_ledger_conservation_names_what_was_lost():
    issued, done = small_ledger(), small_ledger()
    done.check_conserved(issued)
    del done.counts["adc", "convert", "conv2", "forward"]
    with pytest.raises(RuntimeError, match="adc.convert of conv2/forward: issued 500, done 0"):
        done.check_conserved(issued)


def test_ledger_merge_and_total():
    ledger = small_ledger()
    ledger.merge(small_ledger(), times=3)
    assert ledger.total(component="adc") == 4 * 1520
    assert ledger.total(layer="conv1", phase="forward") == 4 * 1075
    with pytest.raises(ValueError, match="no count"):
        ledger.add("adc", "convert", "a", "forward", math.nan)


def test_reprice_at_the_same_node_is_the_same_result(tmp_path):
    result = small_result()
    assert result.reprice(40.0) == result
    loaded = Result.load(result.save(tmp_path))
    assert loaded == result and loaded.reprice(40.0) == result


def test_reprice_at_another_node_needs_only_the_file(tmp_path):
    """The toy part scales by no law, so its prices stay: what changes is the node and the note."""
    small_result().save(tmp_path)
    again = Result.load(tmp_path / "result.json").reprice(node_nm=28)
    assert (
        again.node_nm == 28 and again.cycles == 2000 and again.area_mm2 == small_result().area_mm2
    )
    assert len(again.notes) == 1 and again.notes[0].startswith(
        "re-priced at 28 nm; cycles and clock are those of the run at 40 nm"
    )


@pytest.mark.parametrize("options", [{}, {"phase": "training", "scheme": "rpu", "batch": 2}])
def test_reprice_equals_a_run_at_that_node(options, tmp_path):
    """Wires and the clock tree follow the area at the new node, as they do in a run there."""
    at40 = archsim.simulate("lenet1", "cim40", **options)
    at40.save(tmp_path)
    at28 = archsim.simulate("lenet1", "cim40", node_nm=28, **options)
    again = Result.load(tmp_path).reprice(28)
    assert again.area_mm2 < at40.area_mm2 and again.energy_j < at40.energy_j
    as_stored = json.loads(at28.to_json())
    assert as_stored.pop("digest")
    assert {**again.document, "notes": []} == {**as_stored, "notes": []}


def test_reprice_refuses_a_node_out_of_range():
    with pytest.raises(InputError, match="node outside the range"):
        archsim.simulate("lenet1", "cim40", timing=False).reprice(2)


def test_attributes_and_tables():
    result = small_result()
    assert result.cycles == 2000 and "area_mm2" in dir(result)
    with pytest.raises(AttributeError, match="did you mean 'area_mm2'"):
        _ = result.area_mm
    assert list(result.table("component")["component"]) == ["adc", "buffer", "off_chip_memory"]
    assert result.table("layer")["energy_j"].sum() == pytest.approx(result.energy_j, rel=1e-9)
    assert len(result.table("figure")) == 3 and len(result.table("resource")) == 1
    with pytest.raises(InputError, match="unknown table"):
        result.table("layers_")


def test_save_writes_every_table_and_no_litter(tmp_path):
    small_result().save(tmp_path / "new" / "folder")
    names = sorted(path.name for path in (tmp_path / "new" / "folder").iterdir())
    assert names == [
        "component.csv",
        "figure.csv",
        "layer.csv",
        "ledger.csv",
        "phase.csv",
        "placement.csv",
        "resource.csv",
        "result.json",
    ]
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(InputError, match="cannot write here"):
        small_result().save(blocked)


def test_save_over_an_older_result_is_whole_or_not_at_all(tmp_path):
    small_result().save(tmp_path)
    (tmp_path / "ledger.csv").unlink()
    (tmp_path / "ledger.csv").mkdir()  # a folder cannot be replaced by a file
    with pytest.raises(InputError, match="cannot write here"):
        small_result(cycles=4000).save(tmp_path)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
    Result.load(tmp_path)  # still whole


def broken(change):
    """A result of an earlier version, which kept neither a digest nor prices, with a change."""
    document = json.loads(small_result().to_json())
    del document["digest"]
    for row in document["inventory"]:
        del row["unit_prices"]
    change(document)
    return json.dumps(document)


@pytest.mark.parametrize(
    "text, message",
    [
        (lambda: "{", "cannot read the result"),
        (lambda: "[" * 100_000, "cannot read the result"),
        (lambda: "[]", "a result is a JSON object"),
        (lambda: "{}", "field 'schema' is missing"),
        (lambda: broken(lambda d: d.update(schema=2)), "unknown version"),
        (lambda: broken(lambda d: d.update(schema=True)), "unknown version"),
        (lambda: broken(lambda d: d.pop("energy_j")), "field 'energy_j' is missing"),
        (lambda: broken(lambda d: d.update(cycles="many")), "cycles: not a whole number"),
        (lambda: broken(lambda d: d.update(cycles=-5)), "cycles: not a whole number"),
        (lambda: broken(lambda d: d.update(area_mm2=True)), "area_mm2: not a finite number"),
        (
            lambda: broken(lambda d: d["by_layer"][0].update(energy_j=None)),
            r"by_layer\[0\].energy_j: not a finite number",
        ),
        (
            lambda: broken(lambda d: d["ledger"][0].pop("action")),
            r"field 'ledger\[0\].action' is missing",
        ),
        (
            lambda: broken(lambda d: d.update(clock_mhz=0)),
            "clock_mhz: not a finite number above zero",
        ),
        (lambda: broken(lambda d: d.update(images=0)), "images: not a whole number of at least 1"),
        (
            lambda: broken(lambda d: d.update(area_mm2=10**400)),
            "area_mm2: cannot read the result .a number of too many digits",
        ),
        (
            lambda: broken(lambda d: d["inventory"][0]["parameters"].update(bits=[1])),
            r"parameters.bits: not a finite number or a word",
        ),
        (lambda: broken(lambda d: d["inventory"][0].update(boundary="moon")), "unknown boundary"),
        (lambda: broken(lambda d: d["inventory"].append(d["inventory"][0])), "a component twice"),
        (
            lambda: broken(lambda d: d["ledger"][0].update(component="adx")),
            "not a component of the inventory.*did you mean 'adc'",
        ),
        (
            lambda: broken(lambda d: d["ledger"][0].update(count=-1)),
            "not a finite number of at least 0",
        ),
        (lambda: broken(lambda d: d.update(area_mm2_range=[1])), "not a list of 2"),
        (
            lambda: broken(lambda d: d.update(energy_j=0)).replace(
                '"energy_j": 0,', '"energy_j": NaN,', 1
            ),
            "NaN",
        ),
        (
            lambda: broken(lambda d: d.update(energy_j=0)).replace(
                '"energy_j": 0,', '"energy_j": 1e999,', 1
            ),
            "not a number in range",
        ),
    ],
)
def test_a_broken_file_is_refused_with_its_field(tmp_path, text, message):
    path = tmp_path / "result.json"
    path.write_text(text())
    with pytest.raises(InputError, match=message):
        Result.load(path)


@pytest.mark.parametrize(
    "change, message",
    [
        (
            lambda d: d["ledger"][0].update(action="transmute"),
            "cannot be priced by this version.*transmute",
        ),
        (lambda d: d["inventory"][0].update(part="toyy"), "unknown component"),
        (lambda d: d["inventory"][0]["parameters"].update(bits=99), "out of the declared range"),
        (lambda d: d["inventory"][0]["parameters"].update(bits="many"), "not a finite number"),
        (lambda d: d.update(node_nm=2), "node outside the range"),
    ],
)
def test_a_file_that_cannot_be_priced_is_refused_when_it_is(tmp_path, change, message):
    path = tmp_path / "result.json"
    path.write_text(broken(change))
    result = Result.load(path)
    for use in (result.estimate, lambda: result.reprice(28), lambda: explain(result, "energy_j")):
        with pytest.raises(InputError, match=message):
            use()


def _leaves(value, path=()):
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _leaves(item, (*path, key))
    elif path:
        yield path


def test_no_damage_of_one_value_gives_a_traceback(tmp_path):
    """Every leaf of a result, replaced by something else: it loads and is explained, or is refused
    as input.
    """
    text, choice = small_result().to_json(), random.Random(5)
    paths = list(_leaves(json.loads(text)))
    refused = 0
    for path in paths:
        document = json.loads(text)
        branch = document
        for key in path[:-1]:
            branch = branch[key]
        branch[path[-1]] = choice.choice([None, "word", -1, 0, 1e308, True, [], {}, 10**30])
        try:
            result = Result(check_document(document, "file"))
            explain(result, "energy_j")
            explain(result, "cycles")
            result.reprice(28)
        except InputError:
            refused += 1
    assert refused > len(paths) / 3


def test_missing_facts_are_named():
    with pytest.raises(RuntimeError, match="seed"):
        Result.from_run(
            {key: value for key, value in facts().items() if key != "seed"},
            INVENTORY,
            small_ledger(),
        )
