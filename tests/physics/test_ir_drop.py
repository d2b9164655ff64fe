"""Line drop against the full nodal solution of small arrays."""

import numpy as np
import pytest

from archsim.kernels.ir_drop import ir_drop_weights, line_currents
from hwlib.errors import InputError


def nodal(conductances_us, voltages, row_ohm, column_ohm):
    """Cell currents in uA from all 2 M N node equations."""
    lines, sensed = conductances_us.shape
    row = np.arange(lines * sensed).reshape(lines, sensed)
    column = lines * sensed + np.arange(lines * sensed).reshape(lines, sensed)
    matrix = np.zeros((2 * lines * sensed, 2 * lines * sensed))
    right = np.zeros(2 * lines * sensed)

    def connect(a, b, siemens):
        matrix[a, a] += siemens
        matrix[b, b] += siemens
        matrix[a, b] -= siemens
        matrix[b, a] -= siemens

    for i in range(lines):
        for j in range(sensed):
            connect(row[i, j], column[i, j], conductances_us[i, j] * 1e-6)
            if j:
                connect(row[i, j - 1], row[i, j], 1 / row_ohm)
            if i:
                connect(column[i - 1, j], column[i, j], 1 / column_ohm)
        matrix[row[i, 0], row[i, 0]] += 1 / row_ohm
        right[row[i, 0]] += voltages[i] / row_ohm
    for j in range(sensed):
        matrix[column[-1, j], column[-1, j]] += 1 / column_ohm
    nodes = np.linalg.solve(matrix, right)
    return conductances_us * (nodes[row] - nodes[column])


@pytest.mark.parametrize("lines,sensed", [(16, 16), (5, 24), (24, 7), (1, 1)])
def test_turns_converge_to_the_nodal_solution(lines, sensed):
    generator = np.random.default_rng(1)
    conductances = generator.uniform(5, 40, (lines, sensed))
    voltages = generator.uniform(-0.2, 0.2, lines)
    exact = nodal(conductances, voltages, 4.0, 2.0)
    largest = np.abs(conductances * voltages[:, None]).max()
    for tolerance in (1e-2, 1e-5, 1e-9):
        got, left = line_currents(
            conductances, voltages, row_ohm=4.0, column_ohm=2.0, tolerance=tolerance
        )
        # what it says is left is what is left, and never less than a third of it
        assert np.abs(got - exact).max() <= 3 * tolerance * largest and left <= tolerance


def test_thin_wires_converge_too():
    """16 x 16 cells of 50 uS behind 200 ohm a segment: 2.6 ohm x siemens x cells^2, far more drop than
    current."""
    generator = np.random.default_rng(4)
    conductances = generator.uniform(5, 50, (16, 16))
    exact = nodal(conductances, np.ones(16), 200.0, 200.0)
    got, _ = line_currents(
        conductances, np.ones(16), row_ohm=200.0, column_ohm=200.0, tolerance=1e-6
    )
    np.testing.assert_allclose(got, exact, atol=1e-4)
    assert exact.sum() < 0.6 * conductances.sum()


@pytest.mark.parametrize("transposed", [False, True])
def test_weights_behind_lines_read_like_the_nodal_array(transposed):
    """Within a third of the drop for random inputs, and exactly for all lines driven alike."""
    generator = np.random.default_rng(2)
    weights = generator.uniform(-1, 1, (20, 24))
    inputs = generator.uniform(0, 1, 20 if transposed else 24)
    seen = ir_drop_weights(
        weights,
        unit_us=30.0,
        offset_us=2.0,
        input_ohm=3.0,
        output_ohm=2.0,
        transposed=transposed,
        tolerance=1e-6,
    )
    ohms = (2.0, 3.0) if transposed else (3.0, 2.0)

    def read(vector):
        outputs = 0
        for sign in (1, -1):
            cells = 2.0 + 30.0 * np.maximum(sign * weights, 0)
            outputs = (
                outputs
                + sign * nodal(cells if transposed else cells.T, vector, *ohms).sum(axis=0) / 30.0
            )
        return outputs

    def model(matrix, vector):
        return vector @ matrix if transposed else matrix @ vector

    alike = np.ones(len(inputs))
    np.testing.assert_allclose(model(seen, alike), read(alike), rtol=1e-4, atol=1e-4)
    drop = np.abs(read(inputs) - model(weights, inputs)).max()
    assert drop > 0.01 and np.abs(read(inputs) - model(seen, inputs)).max() < drop / 3


def test_no_resistance_no_drop_and_what_does_not_converge_is_refused():
    weights = np.random.default_rng(3).uniform(-1, 1, (6, 8)).astype(np.float32)
    np.testing.assert_allclose(
        ir_drop_weights(weights, unit_us=30.0, offset_us=1.0, input_ohm=0.0, output_ohm=0.0),
        weights,
        atol=1e-6,
    )
    with pytest.raises(InputError):
        line_currents(
            np.full((64, 64), 100.0), np.ones(64), row_ohm=50.0, column_ohm=50.0, sweeps=3
        )
    with pytest.raises(InputError):
        line_currents(np.full((4, 4), -1.0), np.ones(4), row_ohm=1.0, column_ohm=1.0)
    with pytest.raises(InputError):
        line_currents(np.full((4, 4), 1.0), np.ones(4), row_ohm=float("nan"), column_ohm=1.0)
