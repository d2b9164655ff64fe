"""Does each layer find a kind of cores that fits it, and is a setting for nothing told?"""

import pytest

import archsim
from archsim.chip.place import place
from hwlib.errors import InputError
from tests.timing.kind_chips import LAYERS, chip_of, simulated, two_kinds


def test_cores_are_as_many_as_their_counts_say():
    chip = two_kinds({}, **{"core.kinds.fine.count": 40, "core.kinds.coarse.count": 9})
    result = simulated(chip)
    assert {kind: len(row["cores"]) for kind, row in result.kinds.items()} == {
        "fine": 40,
        "coarse": 9,
    }


def test_a_layer_that_nobody_sends_goes_where_it_takes_fewest_cells():
    # fc: 192 rows of 10 weights, 2 columns each: 3 x 1 tiles of 64 x 32, 6,144 cells; with two
    # devices a weight 6 x 3 tiles of 32 x 16, 9,216 cells
    chip = two_kinds({"conv1": "fine"})
    result = simulated(chip)
    row = next(row for row in result.placement if row["layer"] == "fc")
    assert row["tile_count"] == 3 and row["kind"] == "coarse"
    note = next(note for note in result.notes if "placement.kind leaves open" in note)
    assert "fc on coarse" in note and "conv1" not in note


def test_a_full_kind_leaves_layers_to_the_next():
    # both kinds are alike but for their names: the first takes what fits on its one core
    chip = chip_of({"core.kinds.one.count": 1, "core.kinds.other": {}})
    kinds = {row["layer"]: row["kind"] for row in simulated(chip).placement}
    assert set(kinds.values()) == {"one", "other"}


@pytest.mark.parametrize(
    "settings, where, words",
    [
        ({"core.kinds.fine.read.adc_bit": 5}, "core.kinds.fine.read.adc_bit", "adc_bits"),
        ({"core.kinds.fine.tile.rows": 0}, "core.kinds.fine.tile.rows", "1"),
        ({"core.kinds.fine.read.columns_per_adc": 64}, "", "core.kinds.fine"),
        ({"core.kinds.fine.physics.conductance_us": [5.0, 1.0]}, "core.kinds.fine", "(5)"),
        ({"core.kinds.a@b": {}}, "core.kinds.a@b", "pattern"),
        ({"core.kinds.fine.cell.slot": 2.0}, "core.kinds.fine.cell", "slot_ns"),
        ({"core.kinds.fine.weights.device": "bulk_ram"}, "core.kinds.fine", "bulk_rram"),
        ({"core.kinds.fine": {}, "placement.kind.conv1": "fin"}, "placement.kind.conv1", "fine"),
        ({"placement.kind.conv1": "fine"}, "placement.kind.conv1", "no core.kinds"),
        ({"core.kinds.fine": {}, "core.tiles": 0}, "core.kinds", "core.tiles"),
        ({"core.kinds.fine": {}, "core.count": 3}, "core.count", "core.kinds.NAME.count"),
        ({"core.kinds.fine": {}, "package.chips": 2}, "package.chips", "alike"),
        ({"core.kinds.fine": {}, "placement.kind.conv3": "fine"}, "placement.kind", "conv2"),
        ({"core.kinds.fine.count": 1, "core.tiles": 1}, "core.kinds.fine.count", "missing"),
    ],
)
def test_what_does_not_fit_is_refused(settings, where, words):
    with pytest.raises(InputError) as refused:
        simulated(chip_of(settings))
    told = str(refused.value)
    assert where in told and words in told


def test_arrays_that_work_together_lie_on_one_kind():
    # the arrays of tiki-taka are beside each other: the second has no kind of its own
    built = archsim.build("lenet1", "cores40", scheme="tiki_taka", phase="training").built
    names = [matrix.layer for matrix in built.trace.matrices]
    own = sorted(name for name in names if name.startswith("conv1."))
    assert own
    kinds = {"conv1": "fine", own[0]: "coarse"}
    with pytest.raises(InputError, match="one kind"):
        simulated(two_kinds(kinds), phase="training", scheme="tiki_taka")


def test_what_a_kind_says_for_nothing_is_told():
    result = simulated(two_kinds(dict.fromkeys(LAYERS, "coarse")))
    assert "core.kinds.fine.read.adc_bits" in result.unused
    result = simulated(two_kinds(dict.fromkeys(LAYERS, "fine")))
    assert "core.kinds.fine.read.adc_bits" not in result.unused
    assert "core.kinds.fine.write.pulse_cycles" in result.unused  # an inference programs nothing


def test_what_every_kind_says_itself_the_chip_says_for_nothing():
    fine = {"core.kinds.fine.read.adc_bits": 5, "core.kinds.coarse.read.adc_bits": 6}
    assert "read.adc_bits" in simulated(chip_of(fine | {"read.adc_bits": 7})).unused
    # one kind that leaves it open reads that of the chip
    fine.pop("core.kinds.coarse.read.adc_bits")
    open_ = fine | {"core.kinds.coarse": {}, "read.adc_bits": 7}
    assert "read.adc_bits" not in simulated(chip_of(open_)).unused


def test_copies_and_kinds_are_placed_together():
    chip = two_kinds({"conv1": "fine"}, **{"placement.copies.conv1": 3})
    matrices = archsim.build("lenet1", chip).built.trace.matrices
    placed = place(matrices, chip)
    cores = {tile // 4 for tile in placed.layers["conv1"].tiles}
    assert {placed.core_kinds[core] for core in cores} == {"fine"}
    assert placed.layers["conv1"].units == 3
