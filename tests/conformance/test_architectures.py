"""Every built-in chip with every scheme: it runs and everything is priced, or it refuses and says
what is missing.
"""

import math

import pytest

import archsim
from archsim.chip import architecture_path, list_architectures, load_architecture
from archsim.chip.components import build_inventory
from archsim.schemes import list_schemes, load_scheme
from hwlib import PARTS, InputError
from tests.members import every
from tests.near import near

CHIPS = sorted(list_architectures())
TRAINING = [(chip, scheme) for chip in CHIPS for scheme in sorted(list_schemes())]
INFERENCE_ONLY = {"isaac32", "isaac32_tiles", "puma32"}
NEEDED = INFERENCE_ONLY | {"cim40", "cores40", "rpu", "rpu_512", "wu2023", "wu2023_256x64"}


def refusal(chip, scheme):
    """What the refusal has to name, or None where the chip can do it."""
    if load_scheme(scheme).transposed_read and not load_architecture(chip).read.transposed:
        return "read.transposed"
    # neither ISAAC nor PUMA publishes write circuits
    return "write_driver" if chip in INFERENCE_ONLY else None


def closed(result):
    """Sums, prices and sources of a result."""
    inside = result.by_component.values()
    assert math.fsum(row["energy_j"] for row in inside) == near(result.energy_j, rel=1e-9)
    assert math.fsum(row["area_mm2"] for row in inside) == near(result.area_mm2, rel=1e-9)
    assert math.fsum(row["energy_j"] for row in result.by_layer) == near(result.energy_j, rel=1e-9)
    assert math.fsum(row["energy_j"] for row in result.by_phase.values()) == near(
        result.energy_j, rel=1e-9
    )
    names = {**result.by_component, **result.by_component_off_chip}
    assert {row["component"] for row in result.ledger} <= set(names)
    assert 0 < result.boundaries["macro"]["area_mm2"] < result.area_mm2
    assert all(
        row["source"] and row["low"] <= row["value"] <= row["high"] for row in result.figures
    )
    for resource in result.resources:
        parts = resource["busy_cycles"] + resource["stalled_cycles"] + resource["idle_cycles"]
        assert parts == resource["total_cycles"], resource["name"]


def test_the_built_in_chips_are_there():
    assert set(CHIPS) >= NEEDED


@every("name", CHIPS)
def test_file(name):
    chip = load_architecture(name)
    assert chip.name == name and chip.title and chip.source
    assert architecture_path(name).stem == name
    assert name == "cim40" or any("choice" in note or "ours" in note for note in chip.notes)
    assert all(entry.part in PARTS for entry in chip.components.values())


@every("name", CHIPS)
def test_inference(name):
    result = archsim.simulate("lenet1", name, batch=2)
    closed(result)
    assert result.cycles > 0 and result.notes


@every("name, scheme", TRAINING)
def test_training_step(name, scheme):
    named = refusal(name, scheme)
    if named:
        with pytest.raises(InputError) as caught:
            archsim.simulate("digits_cnn", name, scheme=scheme, phase="training", batch=2)
        assert named in caught.value.message
        return
    result = archsim.simulate("digits_cnn", name, scheme=scheme, phase="training", batch=2)
    closed(result)
    assert set(result.by_phase) >= {"forward", "backward", "update"}
    assert result.by_phase["update"]["energy_j"] > 0


@pytest.mark.parametrize("name", CHIPS)
def test_copied_file_gives_the_same_chip(name, tmp_path):
    copy = tmp_path / "mine.toml"
    copy.write_text(architecture_path(name).read_text(encoding="utf-8"), encoding="utf-8")
    assert load_architecture(copy) == load_architecture(name)


@every("name", CHIPS)
def test_more_tiles_are_never_smaller(name):
    chip = load_architecture(name)

    def area(tiles):
        from archsim.cost.estimate import price_component

        return math.fsum(
            price_component(item, chip.node_nm).area.value * item.count
            for item in build_inventory(chip, tiles)
        )

    assert area(96) < area(192)


def test_reading_both_ways_needs_converters_on_both_sides():
    counts = {}
    for transposed in (False, True):
        chip = load_architecture("cim40", {"read.transposed": transposed})
        counts[transposed] = {item.name: item for item in build_inventory(chip, 1)}
    assert (counts[False]["dac"].count, counts[True]["dac"].count) == (128, 256)
    assert (counts[False]["front_end"].count, counts[True]["front_end"].count) == (128, 256)
    assert (
        counts[False]["column_mux"].parameters["inputs"],
        counts[True]["column_mux"].parameters["inputs"],
    ) == (8, 16)


@pytest.mark.parametrize(
    "setting, named",
    [
        (
            {"components.router.follows.transfer": ["interconect.transfer"]},
            "did you mean 'interconnect'",
        ),
        ({"components.router.follows.transfer": ["interconnect"]}, "role.action"),
        ({"components.router.follows.transport": ["interconnect.transfer"]}, "no such action"),
        ({"components.sigmoid.takes.lookup": ["vector_unt.lookup"]}, "did you mean 'vector_unit'"),
    ],
)
def test_followers_that_name_nothing_are_refused(setting, named):
    with pytest.raises(InputError) as caught:
        archsim.simulate("lenet1", load_architecture("isaac32", setting), timing=False)
    assert named in caught.value.message and "isaac32: components." in caught.value.message


@every("name", CHIPS)
def test_repriced_run_is_the_run_at_that_node(name):
    repriced = archsim.simulate("lenet1", name).reprice(45.0)
    again = archsim.simulate("lenet1", name, node_nm=45.0)
    assert repriced.area_mm2 == near(again.area_mm2, rel=1e-12)
    assert repriced.energy_j == near(again.energy_j, rel=1e-12)
