"""Whole ledgers and cycle counts of small runs against arithmetic done by hand from the documented
laws.
"""

import math

import pytest

import archsim
from archsim.schemes import load_scheme
from tests.near import near

# 2 channels of 1 x 5, kernel 1 x 3: a matrix of 6 rows and 5 columns, 3 vectors, 10 inputs, 15
# outputs
THREE_VECTORS = """
schema = 1
input = [2, 1, 5]
layer = [{name = "c", operator = "conv2d", channels = 5, kernel = [1, 3]}]
"""
# 150 rows and 70 columns with a bias: larger than a tile both ways
ONE_WIDE = """
schema = 1
input = [150]
layer = [{name = "a", operator = "linear", features = 70, bias = true}, {name = "t", operator = "tanh"}]
"""


@pytest.fixture
def load(tmp_path):
    def load(text):
        path = tmp_path / "network.toml"
        path.write_text(text)
        return archsim.load_network(path)

    return load


def table(result, phase=None):
    """Counts by component.action, of one phase or of all."""
    counts = {}
    for row in result.ledger:
        if phase in (None, row["phase"]):
            key = f"{row['component']}.{row['action']}"
            counts[key] = counts.get(key, 0) + row["count"]
    return counts


def test_a_per_column_front_end(load):
    """cim40: 128 x 128, all 128 columns integrate for 8 slots, 16 converters take 8 columns each
    beside the next integration.
    """
    result = archsim.simulate(load(THREE_VECTORS), "cim40")
    # 16 cycles to issue; a vector a cycle over bus and port; reads begin at 17, 25 and 33; each
    # takes max(8, 8) = 8 cycles, its result leaves 8 (the conversion beside the next read) + 4
    # (hops) later, and a cycle goes through bus, lanes and port
    assert result.cycles == 17 + 3 * 8 + 8 + 4 + 1 == 54
    on = 0.5 * 0.5  # inputs that are not zero, ones among their bits
    assert table(result) == near(
        {
            "dac.convert": 3 * 6 * 8,
            "word_line_driver.drive": 3 * 6 * 8 * on,
            "array.read": 3 * 6 * 10 * 8 * on,
            "front_end.sample": 3 * 128 * 8,
            "column_mux.select": 3 * 128,
            "adc.convert": 3 * 128,
            "shift_add.add": 3 * 5,
            "input_register.write": 3,
            "input_register.read": 3 * 8,
            "output_register.write": 3,
            "output_register.read": 3,
            "input_register_clock.cycle": 3,
            "output_register_clock.cycle": 3,
            "tile_control.cycle": 3 * 8,
            "tile_clock.cycle": 3 * 8,
            # a window brings one new column of two channels: 16 bits; results are 9 bits (two 8-bit
            # codes subtracted)
            "buffer.read": 3 * 16 / 256,
            "buffer.write": (10 * 8 + 3 * 5 * 8) / 256,
            "interconnect.transfer": 3 * 16 + 3 * 5 * 9,
            "vector_unit.multiply": 3 * 5,
            "off_chip_memory.read": 10 * 8,
            "controller.cycle": 54,
            "instruction_memory.read": 16,
            "clock_tree.cycle": 54,
            # five scalings of three vectors, a cycle each on 16 lanes
            "vector_unit_clock.cycle": 3,
        }
    )


def test_a_shared_front_end(load):
    """wu2023: 64 x 64, 8 amplifiers and converters; the 8 slots are applied again for each of a
    converter's 8 columns.
    """
    result = archsim.simulate(load(THREE_VECTORS), "wu2023")
    # 4 lanes take 2 cycles for 5 results
    assert result.cycles == 16 + 1 + 3 * (8 * (8 + 1)) + 1 + math.ceil(5 / 4) == 236
    on = 0.5 * 0.5
    counts = table(result)
    assert (
        counts["dac.convert"] == 3 * 6 * 8 * 8
        and counts["word_line_driver.drive"] == 3 * 6 * 8 * 8 * on
    )
    # a column conducts while its own converter looks
    assert counts["array.read"] == 3 * 6 * 10 * 8 * on
    assert counts["front_end.sample"] == 3 * 64 * 8 and counts["adc.convert"] == 3 * 64
    assert counts["input_register.read"] == 3 * 8 * 8 and counts["tile_control.cycle"] == 3 * 72


def test_splits_and_partial_sums(load):
    """150 x 70 differential weights on 64 x 64 cells: 3 x 3 tiles, three partial sums an output,
    added by the vector unit.
    """
    result = archsim.simulate(load(ONE_WIDE), "wu2023", timing=False)
    assert result.tiles == result.tile_operations == 9 and result.operations == 1
    counts = table(result)
    assert counts["adc.convert"] == 9 * 64
    assert counts["dac.convert"] == 150 * 3 * 8 * 8  # every column split drives its own rows
    assert counts["shift_add.add"] == 70 * 3
    # partial sums and the bias; codes become numbers once they are summed; the activation
    assert (
        counts["vector_unit.add"] == 70 * (3 - 1) + 70
        and counts["vector_unit.multiply"] == 70
        and counts["vector_unit.lookup"] == 70
    )
    assert counts["interconnect.transfer"] == 150 * 8 + 70 * 3 * 9  # a bus carries an input once
    tree = archsim.simulate(
        load(ONE_WIDE),
        archsim.load_architecture("cim40", {"tile.rows": 64, "tile.columns": 64}),
        timing=False,
    )
    # a tree to every column split
    assert table(tree)["interconnect.transfer"] == 150 * 8 * 3 + 70 * 3 * 9


@pytest.mark.parametrize(
    "mapping, columns, tiles",
    [
        ({"weights.mapping": "differential"}, 2 * 70, 3 * 3),
        ({"weights.mapping": "differential", "weights.replicas": 2}, 4 * 70, 3 * 5),
        ({"weights.mapping": "reference_column"}, 70, 3 * 2),
        (
            {"weights.mapping": "bit_slices", "weights.bits": 8, "weights.cell_bits": 2},
            4 * 70,
            3 * 5,
        ),
        (
            {"weights.mapping": "bit_slices", "weights.bits": 7, "weights.cell_bits": 2},
            4 * 70,
            3 * 5,
        ),
        ({"weights.mapping": "bit_slices", "weights.bits": 4, "weights.cell_bits": 4}, 70, 3 * 2),
        ({"tile.rows": 151}, 2 * 70, 3),
        ({"tile.rows": 150}, 2 * 70, 3),
        ({"tile.rows": 150, "weights.bias": "row"}, 2 * 70, 2 * 3),
    ],
)
def test_columns_and_tiles_of_a_mapping(mapping, columns, tiles, load):
    chip = archsim.load_architecture("cim40", {"tile.rows": 64, "tile.columns": 64} | mapping)
    result = archsim.simulate(load(ONE_WIDE), chip, timing=False)
    assert result.placement[0]["columns"] == columns and result.tiles == tiles


def test_a_training_step_of_digital_sgd(load):
    """wu2023, two images: gradients of 30 weights in three vectors each, one optimiser step, 60
    devices in 8 pulses each.
    """
    result = archsim.simulate(
        load(THREE_VECTORS), "wu2023", scheme=load_scheme("sgd"), phase="training", batch=2
    )
    assert table(result, "forward")["adc.convert"] == 2 * 3 * 64
    writes = 60 * 8
    # 32-bit words over a port of 64 bits: inputs and errors, the gradient of each image, the
    # optimiser's two words, what is written
    reads = 2 * 3 * (6 + 5) * 8 + 2 * 30 * 32 + 2 * 30 * 32 + 6 * 5 * 8
    assert table(result, "update") == near(
        {
            "vector_unit.multiply_add": 2 * 3 * 30 + 30,
            "buffer.read": reads / 64,
            "buffer.write": (2 * 30 * 32 + 2 * 30 * 32) / 64,
            "interconnect.transfer": 6 * 5 * 8,
            "array.write": writes,
            "write_driver.pulse": writes,
            "level_shifter.shift": writes,
            "bit_line_driver.drive": writes,
            "word_line_driver.drive": 6 * 2 * 8,
            "array.read": writes,
            "front_end.sample": writes,
            "column_mux.select": writes,
            "adc.convert": writes,  # verify after each pulse
            "tile_control.cycle": writes * (100 + 9),
            "tile_clock.cycle": writes * (100 + 9),
        }
    )
    assert "backward" not in result.by_phase  # nothing below the first layer asks for an error


def test_pulse_trains(load):
    """rpu_512, one image: one rank-1 update a vector, of 6 rows and 5 columns, trains of 10 or as
    the chip says.
    """
    chip = archsim.load_architecture("rpu_512")
    result = archsim.simulate(load(THREE_VECTORS), chip, scheme="rpu", phase="training")
    counts = table(result, "update")
    length = chip.update.train_length
    assert counts["bitstream_generator.bit"] == 3 * (6 + 5) * length
    assert (
        counts["tile_control.cycle"]
        == 3 * chip.update.polarity_phases * length * chip.update.pulse_cycles
    )
    assert "array.write" not in counts and counts["array.update"] > 0
