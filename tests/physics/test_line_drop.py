"""Does a resistance of the lines of an array reach the outputs of a run with real data, more of it on
larger tiles, and is it refused where it cannot act?
"""

import numpy as np
import pytest

import archsim
from archsim.chip.line_resistance import ohm_a_cell, wire_ohm_a_um
from archsim.soc.data.line_drop import DrivenBlock, behind_lines
from tests.near import near
from workloads.network import Layer, Network

FINE = {
    "read.input_bits": 12,
    "read.adc_bits": 12,
    "read.output_bits": 24,
    "vector_unit.format": "fp32",
}


def chip_with(ohm, rows=128, **settings):
    wide = {"tile.rows": rows, "tile.columns": 64, "physics.line_ohm": ohm}
    return archsim.load_architecture("cim40", {**FINE, **wide, **settings})


def error(ohm, rows=128, **settings):
    """How far the outputs of digits_cnn are from exact arithmetic, of the largest one."""
    run = archsim.simulate("digits_cnn", chip_with(ohm, rows, **settings), data="random", images=2)
    difference = np.abs(run.outputs - run.reference_outputs).max()
    return float(difference / np.abs(run.reference_outputs).max())


def test_a_pair_of_cells_by_hand():
    # one weight of 1 on a pair of 32.9 and 8.2 uS, 1 kohm a segment. The driven line: its source,
    # 1 kohm to the first cell, 1 kohm to the second; each column 1 kohm to ground. With conductances
    # of 1 mS for a segment and the node voltages a, b of the line and c, d of the columns:
    high, low = 32.9e-6, 8.2e-6
    wire = 1e-3
    matrix = np.array(
        [
            [2 * wire + high, -wire, -high, 0],
            [-wire, wire + low, 0, -low],
            [-high, 0, high + wire, 0],
            [0, -low, 0, low + wire],
        ]
    )
    nodes = np.linalg.solve(matrix, [wire, 0, 0, 0])
    wanted = (high * (nodes[0] - nodes[2]) - low * (nodes[1] - nodes[3])) / (high - low)
    copies = [np.ones((1, 1), np.float32)]
    (got,) = behind_lines(
        chip_with(1000.0), 1000.0, copies, [DrivenBlock(slice(0, 1), slice(0, 1), 0)], 1.0
    )
    assert got[0, 0] == near(wanted, rel=1e-2) and 0.9 < wanted < 0.96


def test_without_resistance_nothing_moves_and_more_of_it_or_larger_tiles_lose_more():
    exact = error(0.0)
    small, large = error(2.0), error(20.0)
    assert exact < 0.01 < small < large
    assert error(20.0, rows=16) < 0.5 * large


def test_lines_of_a_tile_that_are_not_driven_lie_before_the_converter():
    weights = [np.ones((4, 16), np.float32)]
    chip = chip_with(100.0)
    near, far = (
        behind_lines(chip, 100.0, weights, [DrivenBlock(slice(0, 16), slice(0, 4), ahead)], 1.0)[
            0
        ].sum()
        for ahead in (0, 32)
    )
    assert far < 0.9 * near


@pytest.mark.parametrize("mapping", ["differential", "reference_column"])
def test_devices_of_a_weight_have_lines_of_their_own(mapping):
    settings = {"weights.mapping": mapping, "weights.replicas": 2}
    copies = [np.full((1, 2), value, np.float32) for value in (0.5, 1.0)]
    chip = chip_with(10.0, **settings)
    seen = behind_lines(chip, 10.0, copies, [DrivenBlock(slice(0, 2), slice(0, 1), 0)], 1.0)
    for given, got in zip(copies, seen):
        # the reference column stands last and loses most, so that a weight may seem larger
        assert (0.9 * given < got).all() and (got < 1.01 * given).all() and (got != given).all()


def test_a_wire_of_the_node_is_as_long_as_a_cell():
    # 45 nm: 2.6 ohm a um, 22 nm: 11.6; between them by a power of the node
    assert wire_ohm_a_um(45) == near(2.6, rel=0.01)
    assert wire_ohm_a_um(32) < wire_ohm_a_um(27) < wire_ohm_a_um(22) == near(11.6, rel=0.01)
    assert wire_ohm_a_um(250) == wire_ohm_a_um(130)
    # a cell of 53 F^2 at 40 nm has a side of 0.29 um
    assert ohm_a_cell(chip_with("wire")) == near(wire_ohm_a_um(40) * 0.291, rel=0.01)
    assert ohm_a_cell(chip_with(3.0)) == 3.0


def test_where_it_cannot_act_it_is_refused_or_told():
    sliced = chip_with(2.0, **{"weights.mapping": "bit_slices"})
    with pytest.raises(archsim.InputError, match="physics.line_ohm"):
        archsim.simulate("digits_cnn", sliced, data="random")
    with pytest.raises(archsim.InputError, match="physics.line_ohm"):
        archsim.train("digits_cnn", chip_with(2.0), "digits", scheme="sgd", epochs=1)
    run = archsim.simulate("digits_cnn", chip_with(2.0))
    assert "physics.line_ohm" in run.unused
    with pytest.raises(archsim.InputError, match="conductance"):
        archsim.load_architecture("rpu", {"physics.line_ohm": 2.0})


@pytest.fixture(scope="module")
def trained():
    """A classifier of the digits with weights by least squares, and its weights."""
    digits = archsim.load_dataset("digits")
    pixels = digits.train_images.reshape(len(digits.train_images), -1)
    wanted = np.eye(10)[digits.train_labels] - 0.1
    weights = np.linalg.solve(pixels.T @ pixels + 3 * np.eye(64), pixels.T @ wanted)
    flat = Layer("flat", "flatten", ("input",), ((1, 8, 8),), (64,))
    classes = Layer("fc", "linear", ("flat",), ((64,),), (10,))
    first = Layer("input", "input", (), (), (1, 8, 8))
    return Network("least squares", (first, flat, classes)), {"fc.weights": weights.T}


def accuracy(trained, rows, ohm):
    network, weights = trained
    chip = chip_with(ohm, rows)
    call = {"weights": weights, "device": "exact", "seeds": 1, "images": 300}
    return archsim.infer(network, chip, "digits", **call).accuracy_percent


def test_accuracy_falls_with_resistance_and_with_the_rows_of_a_tile(trained):
    # 94 % in exact arithmetic; conductances of some 10 uS on 64 rows against 1 mS of a segment
    whole = accuracy(trained, 64, 0.0)
    assert whole > 90
    behind = [accuracy(trained, 64, ohm) for ohm in (100.0, 300.0, 1000.0)]
    assert whole > behind[0] + 5 > behind[1] + 10 > behind[2] + 15
    assert accuracy(trained, 16, 100.0) > behind[0] + 5
    assert accuracy(trained, 16, 1000.0) > behind[2] + 20
