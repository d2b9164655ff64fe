"""The bit-serial read of Wu 2023: twin, the published weights of the bits and resolution, noise,
saturation.
"""

import numpy as np
import pytest

from archsim.devices.array import draws
from archsim.kernels.bit_serial import BitSerial, bit_serial_read, bit_serial_read_reference
from hwlib.errors import InputError
from tests.near import near

TILE = BitSerial(read_voltage_v=0.1, current_range_ua=70.0)


def arrays(rows=64, columns=33, vectors=17, seed=1):
    generator = np.random.default_rng(seed)
    return generator.uniform(10, 70, (rows, columns)).astype(np.float32), generator.integers(
        0, 256, (vectors, rows)
    )


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"adc_noise_levels": 2.0},
        {"adc_noise_levels": 1.0, "cell_noise_us": 1.2},
        {"output_bits": 4, "cell_noise_us": 5.0},
    ],
)
def test_kernel_and_twin_have_the_same_bits(settings):
    conductances, inputs = arrays()
    tile = TILE._replace(**settings)
    got = bit_serial_read(conductances, inputs, tile, draws(2, 3, 4, 5))
    expected = bit_serial_read_reference(conductances, inputs, tile, draws(2, 3, 4, 5))
    for ours, theirs in zip(got, expected):
        np.testing.assert_array_equal(ours, theirs)
    one = bit_serial_read(conductances, inputs[6], tile, draws(2, 3, 4, 11))
    np.testing.assert_array_equal(one[0], got[0][6])
    assert one[1] == got[1][6]


def test_output_is_the_product_within_half_a_level():
    conductances, inputs = arrays(rows=12)
    outputs, saturations = bit_serial_read(conductances, inputs, TILE)
    level = 70.0 / 255 * 256
    assert level / 256 == pytest.approx(0.2745, abs=1e-4)  # rpu of Wu 2023: LSB in uA, printed
    assert np.abs(outputs - inputs @ conductances * 0.1).max() <= 0.501 * level
    assert not saturations.any()


def test_all_ones_give_all_but_one_256th_of_the_range():
    outputs, saturations = bit_serial_read(np.full((1, 1), 700.0), np.array([255]), TILE)
    assert outputs[0] == near(70 * 255, rel=2e-3) and saturations == 0
    outputs, saturations = bit_serial_read(np.full((1, 1), 800.0), np.array([255]), TILE)
    assert outputs[0] == near(70 * 256) and saturations == 1


def test_noise_has_its_variance():
    vectors = 4000
    rows = 8
    conductances = np.full((rows, 20), 40.0, np.float32)
    inputs = np.full((vectors, rows), 0b10000001)
    clean = inputs[0] @ conductances * 0.1 / 256
    for settings, sigma in (
        ({"adc_noise_levels": 2.0}, 2 * 70 / 255),
        ({"cell_noise_us": 4.0}, 0.4 * rows**0.5 * (0.25 + 2.0**-16) ** 0.5),
    ):
        tile = TILE._replace(**settings)
        reads = bit_serial_read(conductances, inputs, tile, draws(1, 0, 0))
        outputs = reads.outputs.astype(float) / 256
        expected = sigma**2 + (70 / 255) ** 2 / 12
        assert outputs.var() == near(expected, rel=4 * (2 / outputs.size) ** 0.5 + 0.002)
        assert abs(outputs.mean() - clean[0]) < 4 * (expected / outputs.size) ** 0.5 + 1e-3


@pytest.mark.parametrize(
    "inputs",
    [np.array([256]), np.array([-1]), np.array([0.5]), np.array([1, 2]), np.zeros((1, 1, 1), int)],
)
def test_wrong_inputs_are_refused(inputs):
    with pytest.raises(InputError):
        bit_serial_read(np.ones((1, 1)), inputs, TILE)


@pytest.mark.parametrize(
    "change",
    [
        {"read_voltage_v": 0.0},
        {"current_range_ua": float("inf")},
        {"input_bits": 0},
        {"adc_noise_levels": -1.0},
    ],
)
def test_wrong_parameters_are_refused(change):
    with pytest.raises(InputError):
        bit_serial_read(np.ones((1, 1)), np.array([1]), TILE._replace(**change))
