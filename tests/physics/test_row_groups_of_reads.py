"""Do rows that are read in groups compute what smaller tiles of as many rows would?"""

import numpy as np
import pytest

import archsim
from archsim.chip.place import shape_layer
from archsim.kernels.tile_records import RETRIES, SATURATIONS, TILE_RETRIES
from archsim.soc.data.tile_physics import TilePhysics
from archsim.trace.layer_matrix import LayerMatrix
from tests.near import near
from tests.physics.test_tiles_of_training import QUIET, machine_on, run_on

F = np.float32
DIGITAL = {"read.accumulate": "digital", "read.adc_bits": 5}
GROUPS = DIGITAL | {"tile.rows": 145, "read.rows_active": 37}
TILES = DIGITAL | {"tile.rows": 37}


@pytest.mark.parametrize("slots", [{"read.bits_per_slot": 3}, {"read.input": "pulse_width"}])
def test_a_training_reads_groups_as_smaller_tiles(slots):
    grouped, split = (
        machine_on(archsim.load_architecture("cim40", QUIET | chip | slots), 8)[0]
        for chip in (GROUPS, TILES)
    )
    assert grouped.settings.tiles["fc"].inputs_together == 37
    assert grouped.arrays.weights.tobytes() == split.arrays.weights.tobytes()
    whole = machine_on(archsim.load_architecture("cim40", QUIET | DIGITAL | slots), 8)[0]
    assert whole.arrays.weights.tobytes() != grouped.arrays.weights.tobytes()


def test_a_training_drives_the_outputs_of_a_backward_read_in_groups():
    # two columns a weight: eight columns are four weights of the sixteen of conv1
    chip = QUIET | DIGITAL | {"tile.rows": 145}
    whole, grouped = (
        machine_on(archsim.load_architecture("cim40", chip | active), 8)[0]
        for active in ({}, {"read.rows_active": 8})
    )
    assert grouped.settings.tiles["fc"].outputs_together == 4
    assert whole.arrays.weights.tobytes() != grouped.arrays.weights.tobytes()


def test_groups_that_the_front_end_keeps_change_no_bit():
    whole, kept = (
        machine_on(archsim.load_architecture("cim40", QUIET | {"tile.rows": 145} | active), 8)[0]
        for active in ({}, {"read.rows_active": 8})
    )
    assert kept.settings.tiles == {}
    assert whole.arrays.weights.tobytes() == kept.arrays.weights.tobytes()


@pytest.mark.parametrize("mapping", ["differential", "bit_slices"])
def test_real_data_are_read_in_groups_as_on_smaller_tiles(mapping):
    settings = QUIET | {"weights.mapping": mapping, "physics.output_bound": 4.0}
    _, weights, pictures = machine_on(archsim.load_architecture("cim40", settings), 4)
    grouped, split, whole = (
        run_on(archsim.load_architecture("cim40", settings | chip), weights, pictures).outputs
        for chip in (GROUPS, TILES, DIGITAL | {"tile.rows": 145})
    )
    assert grouped.tobytes() == split.tobytes()
    assert grouped.tobytes() != whole.tobytes()


def reader(settings, rows=6):
    chip = archsim.load_architecture("cim40", DIGITAL | {"read.adc_bits": 8} | settings)
    placed = shape_layer(LayerMatrix("fc", rows, 1), chip, 1)
    weights = np.linspace(0.1, 1.0, rows, dtype=F).reshape(1, 1, rows)
    return TilePhysics(placed, chip, weights, seed=0)


def test_dual_columns_are_read_in_groups_as_on_smaller_tiles():
    chip = {"physics.model": "dual_column", "physics.current_range_ua": 20.0}
    grouped = reader(chip | {"tile.rows": 6, "read.rows_active": 2})
    split = reader(chip | {"tile.rows": 2})
    vectors = np.linspace(0, 1, 18).reshape(3, 6)
    assert grouped.read(vectors, 0).outputs.tobytes() == split.read(vectors, 0).outputs.tobytes()


def test_all_groups_of_a_tile_have_the_range_of_its_converters():
    tile = reader({"tile.rows": 6, "read.rows_active": 2, "read.input": "pulse_width"})
    tile.calibrate(np.ones((1, 6)))
    # the largest of the sums of two rows: 0.82 + 1.0, with five hundredths of room
    assert tile.ranges == [near(1.05 * 1.82)]


def test_a_tile_repeats_with_all_its_groups_where_one_of_them_saturates():
    bounds = {"physics.bound_management": True, "physics.output_bound": 1.0}
    tile = reader(bounds | {"tile.rows": 6, "read.rows_active": 2, "read.input": "pulse_width"})
    read = tile.read(np.ones((1, 6)), 0)
    # sums of two rows: 0.38 (once), 1.1 and 1.82 (once more at half the input, 0.55 and 0.91)
    assert (read.repeats, read.all_repeats, read.repeated_share) == (1, 1, 1.0)
    assert read.outputs[0, 0] == pytest.approx(3.3, abs=0.02)


def test_a_training_counts_the_repeats_of_a_tile_not_of_its_groups():
    chip = QUIET | DIGITAL | {"physics.output_bound": 0.5}
    grouped = archsim.load_architecture("cim40", chip | {"tile.rows": 145, "read.rows_active": 16})
    counts = machine_on(grouped, 8)[0].totals[1, 0]
    # all 145 lines of fc are one tile
    assert counts[TILE_RETRIES] == counts[RETRIES] > 0
    assert counts[SATURATIONS] >= 0
