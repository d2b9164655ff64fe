"""The block kernels of training give the bits of the plain kernels; update statistics through a
whole layer.
"""

import numpy as np
import pytest

from archsim.devices.array import draws
from archsim.devices.presets import load_device
from archsim.kernels.outer import add_products, add_products_reference
from archsim.kernels.periphery import Periphery, read_physics
from archsim.kernels.read import crossbar_read
from archsim.kernels.tile_read import Keys, tile_read
from archsim.kernels.tile_records import INPUT_BOUND, INPUT_STEP, NOISE_MANAGEMENT, PERIPHERY
from archsim.training.activity import BITS as CODE_BITS
from archsim.training.activity import MAGNITUDE, ONES, observe_block
from archsim.training.machine import Machine
from archsim.training.sections import ReadSettings, UpdateSettings
from archsim.training.settings import TrainingSettings
from archsim.training.table import ARRAY_FIELDS, COLUMNS, COPIES, ERRORS, ROWS, VECTORS
from tests.near import near
from workloads.network import Layer, Network

F = np.float32


@pytest.mark.parametrize("bits", [(0, 0), (7, 9)])
@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("shape", [(16, 26, 100), (7, 9, 1), (5, 8, 3)])
@pytest.mark.parametrize("managed", ["off", "both"])
def test_block_read_has_the_bits_of_the_plain_read(bits, transposed, shape, managed):
    rows, columns, count = shape
    generator = np.random.default_rng(1)
    lines, outputs = (rows, columns) if transposed else (columns, rows)
    weights = (3 * generator.normal(size=(rows, columns))).astype(F)
    inputs = (1.2 * generator.normal(size=(count, lines))).astype(F)
    inputs[0] *= 0 if count > 1 else 1
    periphery = Periphery(managed, "both", bits[0], output_bits=bits[1], output_bound=4.0)
    expected, retries, saturations = crossbar_read(
        weights, inputs, periphery, draws(3, 5, 7, 11), transposed=transposed
    )
    physics = np.zeros(PERIPHERY, F)
    physics[:8] = read_physics(periphery, transposed)
    read = tile_read(weights, inputs, physics, Keys(3, 5, 7, 11), transposed=transposed)
    assert (expected == read.outputs).all()
    assert (read.repeats == retries).all() and read.saturations == saturations.sum()
    if count > 50:
        assert retries.sum() > 20


def one_layer(inputs, outputs):
    layers = (
        Layer("input", "input", (), (), (inputs,)),
        Layer("w", "linear", ("input",), ((inputs,),), (outputs,), bias=True),
    )
    return Network("one layer", layers)


QUIET = ReadSettings(
    input_bits=0, output_bits=0, output_noise=0.0, output_bound=0.0, bound_management="off"
)


@pytest.mark.parametrize(
    "update",
    [
        UpdateSettings(train_length=10, update_management=False, length_management=False),
        UpdateSettings(train_length=1, length_management=False),
        UpdateSettings(),
    ],
)
def test_layer_update_has_the_bits_of_the_device_array(update):
    settings = TrainingSettings(read=QUIET, update=update, seed=5)
    machine = Machine(one_layer(40, 12), settings)
    image = np.random.default_rng(0).normal(size=(1, 40)).astype(F)
    label = np.array([[4]])
    twin = load_device("gokmen2016").build(12, 41, seed=5, tile=2)
    twin.set_weights(machine.arrays.layer_weights()["w"])
    machine.train(image, label, np.zeros(1, np.int64), 9)
    writes = np.zeros((12, 41), np.int32)
    array = machine.program.arrays[0]
    sizes = array[[ROWS, COLUMNS, VECTORS, COPIES]].tolist()
    assert sizes == [12, 41, 1, 1] and len(array) == ARRAY_FIELDS
    inputs = np.append(image[0], F(1.0))[None]
    errors = machine.memory[0, array[ERRORS] : array[ERRORS] + 12][None]
    twin.update(
        inputs,
        errors,
        twin.trains(
            rate=0.01,
            longest=update.train_length,
            manage_update=update.update_management,
            manage_length=update.length_management,
        ),
        seed=5,
        step=9,
        tile=2,
        writes=writes,
    )
    assert (twin.weights == machine.arrays.layer_weights()["w"]).all()
    assert writes.sum() > 0 and (writes == machine.arrays.layer_writes()["w"][0]).all()


@pytest.mark.parametrize(
    "update",
    [
        UpdateSettings(train_length=10, update_management=False, length_management=False),
        UpdateSettings(),
    ],
)
def test_mean_update_is_rate_times_error_times_input(update):
    """4000 draws of one step from the same weights; every mean within 4.5 standard errors, and
    their spread as it should be.
    """
    exact = {
        "step_spread": 0.0,
        "asymmetry_spread": 0.0,
        "pulse_noise": 0.3,
        "upper_bound": 100.0,
        "lower_bound": -100.0,
    }
    settings = TrainingSettings(read=QUIET, update=update, device_settings=exact, initial_scale=0.3)
    machine = Machine(one_layer(12, 5), settings)
    image = np.random.default_rng(2).uniform(-0.9, 0.9, size=(1, 12)).astype(F)
    label = np.array([[1]])
    start = machine.arrays.weights.copy()
    draws = 4000
    moves = np.empty((draws, 5, 13))
    for draw in range(draws):
        machine.arrays.weights[:] = start
        machine.train(image, label, np.zeros(1, np.int64), draw)
        moves[draw] = (machine.arrays.weights - start).reshape(5, 13)
    scores = start.reshape(5, 13).astype(float) @ np.append(image[0], 1.0)
    error = np.eye(5)[1] - np.exp(scores - scores.max()) / np.exp(scores - scores.max()).sum()
    expected = 0.01 * np.outer(error, np.append(image[0], 1.0))
    deviation = (moves.mean(axis=0) - expected) / (moves.std(axis=0) / np.sqrt(draws))
    assert np.abs(deviation).max() < 4.5
    # one error stream a row, one input stream a column: not independent
    assert 0.7 < np.sqrt((deviation**2).mean()) < 1.3


def test_copies_are_averaged_and_quieter():
    """Read noise of the mean of n copies falls by sqrt(n); each copy is updated by itself."""
    image = np.random.default_rng(0).uniform(size=(1, 40)).astype(F)
    label = np.array([[0]])
    spread = {}
    for copies in (1, 9):
        machine = Machine(one_layer(40, 12), TrainingSettings(devices_per_weight=copies))
        start = machine.program.output
        scores = []
        weights = machine.arrays.layer_weights()["w"].astype(float)
        for step in range(200):
            before = machine.arrays.weights.copy()
            machine.train(image, label, np.zeros(1, np.int64), step)
            scores.append(machine.memory[0, start : start + 12].copy())
            machine.arrays.weights[:] = before
        centred = np.array(scores) - weights @ np.append(image[0], 1.0)
        assert np.abs(centred.mean(axis=0)).max() < 0.03
        spread[copies] = centred.std()
        assert machine.arrays.layer_writes()["w"].shape == (copies, 12, 41)
        machine.train(image, label, np.zeros(1, np.int64), 200)
        assert len({matrix.tobytes() for _, _, matrix in machine.arrays.matrices()}) == copies
    assert spread[1] / spread[9] == near(3.0, rel=0.1)


def test_vanishing_and_broken_values_keep_the_activity_in_range():
    physics = np.zeros(16, np.float32)
    physics[INPUT_BOUND] = 1.0
    physics[INPUT_STEP] = 1 / 127
    physics[NOISE_MANAGEMENT] = 1.0
    # columns: usual, denormal, no number
    block = np.array([[0.5, 1e-41, np.nan], [1.0, 0.0, 1.0]], np.float32)
    sample = np.zeros(5)
    observe_block(block, 2, (0, 3), np.array([1.0, 1e-41, 1.0], np.float32), physics, sample)
    assert list(sample[:2]) == [6, 4]
    assert sample[MAGNITUDE] == near((64 + 127 + 127 + 127) / 127)
    assert 0 < sample[ONES] <= sample[CODE_BITS] == 4 * 7


def test_digital_outer_products_have_the_bits_of_their_twin():
    generator = np.random.default_rng(4)
    weights, inputs, errors = (
        generator.normal(size=shape).astype(F) for shape in ((7, 9), (9, 5), (7, 5))
    )
    errors[2], errors[4, 1] = 0, 0
    compiled = weights.copy()
    expected = weights.copy()
    add_products(compiled, inputs, errors, F(0.1))
    add_products_reference(expected, inputs, errors, 0.1)
    assert (
        np.array_equal(compiled, expected)
        and np.array_equal(compiled[2], weights[2])
        and not np.allclose(compiled, weights)
    )


@pytest.mark.parametrize("density", [1.0, 0.97, 0.4, 0.0])
@pytest.mark.parametrize("shape", [(5, 18, 300), (4, 700, 103), (3, 33, 8), (2, 5, 7), (1, 40, 64)])
def test_blocks_of_vectors_add_up_in_the_order_of_the_vectors(shape, density):
    """Lines that take all vectors of a block go in pairs, others alone, over several blocks and
    a rest: the bits are those of one vector after the other, also of -0 and of infinite inputs.
    """
    rows, columns, count = shape
    generator = np.random.default_rng(3)
    weights = generator.normal(size=(rows, columns)).astype(F)
    inputs = generator.normal(size=(columns, count)).astype(F)
    errors = generator.normal(size=(rows, count)).astype(F)
    errors[generator.random((rows, count)) >= density] = 0
    errors[-1, 0] = 0
    weights[-1] = -0.0
    inputs[0, 0] = np.inf
    expected = weights.copy()
    with np.errstate(invalid="ignore"):
        add_products_reference(expected, inputs, errors, 0.1)
    add_products(weights, inputs, errors, F(0.1))
    assert np.array_equal(weights.view(np.int32), expected.view(np.int32))


@pytest.mark.parametrize("bound", [1.0, 1e3, 1e9, np.inf])
def test_a_bound_that_nothing_reaches_hides_no_input(bound):
    physics = np.zeros(16, np.float32)
    # a converter that does not round: codes of 8 bits on the scale of 1
    physics[INPUT_BOUND] = bound
    sample = np.zeros(5)
    observe_block(
        np.array([[0.5], [1.0], [0.0]], np.float32),
        3,
        (0, 1),
        np.array([1.0], np.float32),
        physics,
        sample,
    )
    assert sample.tolist() == [3, 2, near((128 + 255) / 255), 1 + 8, 2 * 8]
