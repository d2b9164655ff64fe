"""The crossbar read: twin, converter law, noise, noise and bound management, any batch, two
threads.
"""

import threading

import numpy as np
import pytest

from archsim.kernels.read import converter_step, crossbar_read
from archsim.kernels.read_reference import crossbar_read_reference
from hwlib.errors import InputError

QUIET = {
    "input_bits": 0,
    "output_bits": 0,
    "output_noise": 0.0,
    "output_bound": 0.0,
    "input_bound": 0.0,
}


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
        QUIET,
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
    got = crossbar_read(weights, inputs, transposed=transposed, seed=4, step=9, tile=2, **settings)
    expected = crossbar_read_reference(
        weights, inputs, transposed=transposed, seed=4, step=9, tile=2, **settings
    )
    for ours, theirs in zip(got, expected):
        np.testing.assert_array_equal(ours, theirs)
        assert ours.dtype == theirs.dtype


def test_without_effects_it_is_the_matrix_product():
    weights, inputs = arrays()
    outputs, retries, saturations = crossbar_read(weights, inputs, **QUIET)
    np.testing.assert_allclose(outputs, inputs @ weights.T, rtol=1e-5, atol=1e-5)
    assert not retries.any() and not saturations.any()
    back = crossbar_read(weights, outputs, transposed=True, **QUIET)[0]
    np.testing.assert_allclose(back, outputs @ weights, rtol=1e-4, atol=1e-4)


def test_converters_round_to_the_published_levels():
    assert converter_step(7, 1.0) == pytest.approx(1 / 63)
    assert converter_step(9, 12.0) == pytest.approx(0.0471, abs=5e-5)
    inputs = np.linspace(-1.5, 1.5, 101, dtype=np.float32)[:, None]
    outputs = crossbar_read([[1.0]], inputs, **{**QUIET, "input_bits": 3, "input_bound": 1.0})[0]
    np.testing.assert_allclose(
        np.unique(outputs.round(5)), np.array([-3, -2, -1, 0, 1, 2, 3]) / 3, atol=1e-5
    )
    outputs = crossbar_read([[2.0]], inputs, **{**QUIET, "output_bits": 4, "output_bound": 1.4})[0]
    np.testing.assert_allclose(np.unique(outputs.round(4)), np.arange(-7, 8) * 0.2, atol=1e-4)


def test_output_noise_has_its_mean_and_variance():
    vectors = 2000
    weights = np.array([[0.5], [-0.25]] * 25, np.float32)
    outputs = crossbar_read(
        weights, np.ones((vectors, 1), np.float32), **{**QUIET, "output_noise": 0.06}, seed=1
    )[0].astype(float)
    error = outputs - weights[:, 0]
    count = error.size
    assert abs(error.mean()) < 4 * 0.06 / count**0.5
    assert abs(error.var() / 0.06**2 - 1) < 4 * (2 / count) ** 0.5
    again = crossbar_read(
        weights,
        np.ones((vectors, 1), np.float32),
        **{**QUIET, "output_noise": 0.06},
        seed=1,
        step=1,
    )[0]
    assert abs(np.corrcoef(error.ravel(), (again - weights[:, 0]).ravel())[0, 1]) < 4 / count**0.5


def test_noise_management_keeps_the_relative_error_of_a_small_vector():
    weights, _ = arrays(64, 64)
    small = np.full((1, 64), 1e-4, np.float32)
    plain = crossbar_read(weights, small)[0] - small @ weights.T
    managed = crossbar_read(weights, small, noise_management="forward")[0] - small @ weights.T
    assert np.abs(managed).max() < 1e-3 * np.abs(plain).max()
    np.testing.assert_array_equal(crossbar_read(weights, 0 * small, noise_management="both")[0], 0)
    np.testing.assert_array_equal(
        crossbar_read(weights, small, noise_management="backward")[0],
        crossbar_read(weights, small)[0],
    )


def test_bound_management_counts_its_retries_and_stops():
    weights = np.full((2, 64), 1.0, np.float32)
    inputs = np.ones((3, 64), np.float32) * np.array([[0.1], [0.5], [1.0]], np.float32)
    settings = {
        "input_bits": 0,
        "output_bits": 0,
        "output_noise": 0.0,
        "bound_management": "forward",
    }
    outputs, retries, saturations = crossbar_read(weights, inputs, **settings)
    np.testing.assert_allclose(outputs[:, 0], [6.4, 32, 64], rtol=1e-5)
    assert retries.tolist() == [0, 2, 3] and not saturations.any()
    # 7 bits: five passes at most, r = 1 to 16; no DAC limit: eleven (rpu.md 5.4)
    outputs, retries, saturations = crossbar_read(
        1000 * weights, inputs[2:], **{**settings, "input_bits": 7}
    )
    assert (retries[0], saturations[0]) == (4, 2) and outputs[0, 0] == 12 * 16
    assert crossbar_read(1e5 * weights, inputs[2:], **settings)[1][0] == 10
    outputs, retries, saturations = crossbar_read(
        weights, inputs, **{**settings, "bound_management": "backward"}
    )
    np.testing.assert_allclose(outputs[:, 1], [6.4, 12, 12], rtol=1e-5)
    assert not retries.any() and saturations.tolist() == [0, 2, 2]


def test_a_vector_reads_the_same_in_any_batch_and_on_two_threads():
    weights, inputs = arrays(40, 30, 150)
    settings = {
        "noise_management": "both",
        "bound_management": "both",
        "output_bound": 2.0,
        "seed": 8,
    }
    whole = crossbar_read(weights, inputs, **settings)[0]
    for number in (0, 77, 149):
        np.testing.assert_array_equal(
            crossbar_read(weights, inputs[number], first=number, **settings)[0], whole[number]
        )
    halves = [None, None]

    def read(half):
        halves[half] = crossbar_read(
            weights, inputs[75 * half : 75 * half + 75], first=75 * half, **settings
        )[0]

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
        {"transposed": True},
    ],
)
def test_wrong_parameters_are_refused(change):
    weights, inputs = arrays()
    with pytest.raises(InputError):
        crossbar_read(weights, inputs, **change)
