"""A chip too small for the network: refused with the number of missing tiles, or loaded in passes
and paid for.
"""

import math
from statistics import NormalDist

import pytest

import archsim
from archsim.chip import load_architecture
from hwlib.errors import InputError
from tests.near import near

TRAINING = {"phase": "training", "batch": 2}


def simulate(network="lenet1", chip="wu2023", *, tiles=None, reload=True, settings=None, **options):
    chosen = dict(settings or {})
    if tiles is not None:
        chosen |= {"tile.count": tiles, "execution.reload": reload}
    return archsim.simulate(network, load_architecture(chip, chosen), **options)


def count(result, component, layer=None):
    return sum(
        row["count"]
        for row in result.ledger
        if row["component"] == component and layer in (None, row["layer"])
    )


def test_missing_tiles_are_counted():
    for tiles in (1, 2, 5):
        with pytest.raises(
            InputError, match=f"needs 6 tiles of 64x64, {6 - tiles} are missing"
        ) as fault:
            simulate(tiles=tiles, reload=False)
        assert fault.value.where.endswith(": tile.count")
        assert "execution.reload" in fault.value.hint
    assert simulate(tiles=6, reload=False).tiles == 6


def test_each_load_reads_the_weights_once():
    # two tiles at a time: conv1 (1 tile), conv2 (2), fc (3, in two passes)
    small = simulate(tiles=2)
    whole = simulate()
    weights = {"conv1": 5 * 5 * 4, "conv2": 5 * 5 * 4 * 12, "fc": 192 * 10}
    for layer, number in weights.items():
        assert count(small, "off_chip_memory", layer) == number * 8
        assert count(whole, "off_chip_memory", layer) == 0
    assert small.cycles > 10 * whole.cycles
    assert small.energy_j > whole.energy_j
    assert any("loaded 4 times" in note for note in small.notes)
    assert small.operations == whole.operations
    # fc's three tiles: two passes of two tile operations
    assert small.tile_operations == whole.tile_operations + 1


def test_programming_takes_the_time_of_its_pulses():
    chip = load_architecture("wu2023")
    mean = chip.write.pulses
    cycles = chip.write.pulse_cycles + chip.write.verify_cycles
    # device by device, 25 rows of 8 columns; 100 rows of 24 on two tiles of 64 rows; 64 rows of 20
    # on two tiles, twice. Where two tiles program a row each, the slower one ends it: Blom's
    # quantile of two draws, 0.59 standard deviations of a row's sum.
    above = NormalDist().inv_cdf((2 - 0.375) / (2 + 0.25))

    def row(devices, tiles):
        return devices * mean + (tiles > 1) * above * math.sqrt(devices * (mean * mean - mean))

    expected = (25 * row(8, 1) + 64 * row(24, 2) + 2 * 64 * row(20, 2)) * cycles
    extra = simulate(tiles=2).cycles - simulate().cycles
    assert extra == near(expected, rel=0.001)


def test_a_load_serves_all_images():
    one = simulate(tiles=2)
    four = simulate(tiles=2, images=4)
    for layer in ("conv1", "conv2", "fc"):
        assert count(four, "array", layer) > count(one, "array", layer)
        assert count(four, "write_driver", layer) == count(one, "write_driver", layer)
        assert count(four, "off_chip_memory", layer) == count(one, "off_chip_memory", layer)
    assert four.cycles < 1.1 * one.cycles


def test_what_stays_is_not_loaded_again():
    # five tiles hold conv1 and conv2 beside fc only in turn: three loads, not four
    assert any("loaded 3 times" in note for note in simulate(tiles=5).notes)


def test_training_reloads_for_every_phase_and_adds_up():
    result = simulate("rpu_cnn", "cim40", tiles=4, scheme="sgd", **TRAINING)
    whole = simulate("rpu_cnn", "cim40", scheme="sgd", **TRAINING)
    assert result.cycles > whole.cycles
    assert count(result, "off_chip_memory") > count(whole, "off_chip_memory")
    row = next(row for row in result.resources if row["name"] == "tiles")
    assert row["total_cycles"] == 4 * result.cycles
    assert row["busy_cycles"] + row["stalled_cycles"] + row["idle_cycles"] == row["total_cycles"]


def test_what_is_written_whole_is_not_loaded_before():
    # two layers that take turns on the chip: forward, backward and gradients come for weights, a
    # rewrite of all does not
    sgd = simulate("rpu_cnn", "cim40", tiles=4, scheme="sgd", **TRAINING)
    mixed = simulate("rpu_cnn", "cim40", tiles=4, scheme="mixed_precision", **TRAINING)
    loads = [count_loads(result, "w3", "update") for result in (sgd, mixed)]
    assert loads == [0, 1]


def count_loads(result, layer, phase):
    weights = next(row for row in result.placement if row["layer"] == layer)
    bits = sum(
        row["count"]
        for row in result.ledger
        if (row["component"], row["action"], row["layer"], row["phase"])
        == ("off_chip_memory", "read", layer, phase)
    )
    state = sum(
        row["count"]
        for row in simulate("rpu_cnn", "cim40", scheme=result.scheme, **TRAINING).ledger
        if (row["component"], row["action"], row["layer"], row["phase"])
        == ("off_chip_memory", "read", layer, phase)
    )
    return round((bits - state) / (8 * weights["rows"] * weights["columns"] / 2), 2)


def test_weights_that_live_in_the_array_alone_are_not_driven_out():
    with pytest.raises(InputError, match="would lose them") as fault:
        simulate("rpu_cnn", "cim40", tiles=2, scheme="rpu", **TRAINING)
    assert fault.value.where.endswith(": execution.reload")
    assert simulate("rpu_cnn", "cim40", tiles=2).cycles > 0


def test_copies_must_fit_at_one_time():
    with pytest.raises(InputError, match="take 4 tiles, more than the chip has at a time") as fault:
        simulate(tiles=2, settings={"placement.copies.conv1": 8})
    assert fault.value.where.endswith(": placement.copies.conv1")
    assert simulate(tiles=4, settings={"placement.copies.conv1": 8}).cycles > 0


def test_passes_and_a_pipeline_exclude_each_other():
    with pytest.raises(InputError, match="reload needs execution.mode"):
        simulate(tiles=2, settings={"execution.mode": "pipelined"})
