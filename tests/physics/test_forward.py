"""The crossbar read: twin, converter law, noise, noise and bound management, any batch, two
threads.
"""

import threading

import numpy as np
import pytest

from archsim.devices.array import draws
from archsim.kernels.periphery import Periphery, converter_step
from archsim.kernels.read import crossbar_read
from archsim.kernels.read_reference import crossbar_read_reference
from hwlib.errors import InputError
from tests.near import near

PLAIN = Periphery()
QUIET = Periphery(input_bits=0, output_bits=0, output_noise=0.0, output_bound=0.0, input_bound=0.0)


def arrays(rows=37, columns=53, vectors=9, scale=0.5, seed=1):
    generator = np.random.default_rng(seed)
    return (
        generator.normal(0, scale, (rows, columns)).astype(np.float32),
        generator.uniform(-1, 1, (vectors, columns)).astype(np.float32),
    )


@pytest.mark.parametrize(
    "settings",
    [
        {},
        QUIET._asdict(),
        {"noise_management": "both", "bound_management": "forward"},
        {"bound_management": "both", "output_bound": 1.0},
        {
            "input_noise": 0.1,
            "output_bits": 5,
            "noise_management": "backward",
            "bound_management": "both",
            "output_bound": 0.5,
        },
        {"input_bits": 0, "bound_management": "both", "output_bound": 0.02},
    ],
)
@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize(
    "shape", [(37, 53, 9), (16, 26, 70), (1, 1, 1), (3, 130, 2), (64, 64, 130)]
)
def test_kernel_and_twin_have_the_same_bits(settings, transposed, shape):
    weights, inputs = arrays(*shape)
    if transposed:
        inputs = np.random.default_rng(2).uniform(-1, 1, (shape[2], shape[0])).astype(np.float32)
    inputs[0] *= 40
    inputs[-1] = 0
    asked = weights, inputs, Periphery(**settings), draws(4, 9, 2)
    got = crossbar_read(*asked, transposed=transposed)
    expected = crossbar_read_reference(*asked, transposed=transposed)
    for ours, theirs in zip(got, expected):
        np.testing.assert_array_equal(ours, theirs)
        assert ours.dtype == theirs.dtype


def test_without_effects_it_is_the_matrix_product():
    weights, inputs = arrays()
    outputs, retries, saturations = crossbar_read(weights, inputs, QUIET)
    np.testing.assert_allclose(outputs, inputs @ weights.T, rtol=1e-5, atol=1e-5)
    assert not retries.any() and not saturations.any()
    back = crossbar_read(weights, outputs, QUIET, transposed=True).outputs
    np.testing.assert_allclose(back, outputs @ weights, rtol=1e-4, atol=1e-4)


def test_converters_round_to_the_published_levels():
    assert converter_step(7, 1.0) == near(1 / 63)
    assert converter_step(9, 12.0) == pytest.approx(0.0471, abs=5e-5)
    inputs = np.linspace(-1.5, 1.5, 101, dtype=np.float32)[:, None]
    rounded = QUIET._replace(input_bits=3, input_bound=1.0)
    outputs = crossbar_read([[1.0]], inputs, rounded).outputs
    np.testing.assert_allclose(
        np.unique(outputs.round(5)), np.array([-3, -2, -1, 0, 1, 2, 3]) / 3, atol=1e-5
    )
    rounded = QUIET._replace(output_bits=4, output_bound=1.4)
    outputs = crossbar_read([[2.0]], inputs, rounded).outputs
    np.testing.assert_allclose(np.unique(outputs.round(4)), np.arange(-7, 8) * 0.2, atol=1e-4)


def test_output_noise_has_its_mean_and_variance():
    vectors = 2000
    weights = np.array([[0.5], [-0.25]] * 25, np.float32)
    noisy = QUIET._replace(output_noise=0.06)
    ones = np.ones((vectors, 1), np.float32)
    outputs = crossbar_read(weights, ones, noisy, draws(1, 0, 0)).outputs.astype(float)
    error = outputs - weights[:, 0]
    count = error.size
    assert abs(error.mean()) < 4 * 0.06 / count**0.5
    assert abs(error.var() / 0.06**2 - 1) < 4 * (2 / count) ** 0.5
    again = crossbar_read(weights, ones, noisy, draws(1, 1, 0)).outputs
    assert abs(np.corrcoef(error.ravel(), (again - weights[:, 0]).ravel())[0, 1]) < 4 / count**0.5


def test_noise_management_keeps_the_relative_error_of_a_small_vector():
    weights, _ = arrays(64, 64)
    small = np.full((1, 64), 1e-4, np.float32)
    plain = crossbar_read(weights, small)[0] - small @ weights.T
    forward = PLAIN._replace(noise_management="forward")
    managed = crossbar_read(weights, small, forward)[0] - small @ weights.T
    assert np.abs(managed).max() < 1e-3 * np.abs(plain).max()
    both = PLAIN._replace(noise_management="both")
    np.testing.assert_array_equal(crossbar_read(weights, 0 * small, both)[0], 0)
    np.testing.assert_array_equal(
        crossbar_read(weights, small, PLAIN._replace(noise_management="backward"))[0],
        crossbar_read(weights, small)[0],
    )


def test_bound_management_counts_its_retries_and_stops():
    weights = np.full((2, 64), 1.0, np.float32)
    inputs = np.ones((3, 64), np.float32) * np.array([[0.1], [0.5], [1.0]], np.float32)
    settings = Periphery(input_bits=0, output_bits=0, output_noise=0.0, bound_management="forward")
    outputs, retries, saturations = crossbar_read(weights, inputs, settings)
    np.testing.assert_allclose(outputs[:, 0], [6.4, 32, 64], rtol=1e-5)
    assert retries.tolist() == [0, 2, 3] and not saturations.any()
    # 7 bits: five passes at most, r = 1 to 16; no DAC limit: eleven (rpu.md 5.4)
    outputs, retries, saturations = crossbar_read(
        1000 * weights, inputs[2:], settings._replace(input_bits=7)
    )
    assert (retries[0], saturations[0]) == (4, 2) and outputs[0, 0] == 12 * 16
    assert crossbar_read(1e5 * weights, inputs[2:], settings).retries[0] == 10
    outputs, retries, saturations = crossbar_read(
        weights, inputs, settings._replace(bound_management="backward")
    )
    np.testing.assert_allclose(outputs[:, 1], [6.4, 12, 12], rtol=1e-5)
    assert not retries.any() and saturations.tolist() == [0, 2, 2]


def test_a_vector_reads_the_same_in_any_batch_and_on_two_threads():
    weights, inputs = arrays(40, 30, 150)
    settings = Periphery("both", "both", output_bound=2.0)
    whole = crossbar_read(weights, inputs, settings, draws(8, 0, 0)).outputs
    for number in (0, 77, 149):
        np.testing.assert_array_equal(
            crossbar_read(weights, inputs[number], settings, draws(8, 0, 0, number)).outputs,
            whole[number],
        )
    halves = [None, None]

    def read(half):
        keys = draws(8, 0, 0, 75 * half)
        own = inputs[75 * half : 75 * half + 75]
        halves[half] = crossbar_read(weights, own, settings, keys).outputs

    threads = [threading.Thread(target=read, args=(half,)) for half in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_array_equal(np.concatenate(halves), whole)


@pytest.mark.parametrize(
    "change",
    [
        {"input_bits": 1},
        {"output_bits": -1},
        {"output_noise": -1.0},
        {"output_bound": float("nan")},
        {"noise_management": "on"},
        {"output_bound": 0.0},
    ],
)
def test_wrong_parameters_are_refused(change):
    weights, inputs = arrays()
    with pytest.raises(InputError):
        crossbar_read(weights, inputs, Periphery(**change))


def test_vectors_of_the_other_side_are_refused():
    with pytest.raises(InputError):
        crossbar_read(*arrays(), transposed=True)
