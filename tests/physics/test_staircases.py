"""Does a device's staircase follow its closed form, up and down?"""

import math

import numpy as np
import pytest

from archsim.devices import load_law
from archsim.devices.presets import load_device
from archsim.devices.staircase import staircase
from tests.near import near

QUIET = {
    "step_spread": 0.0,
    "asymmetry_spread": 0.0,
    "pulse_noise": 0.0,
    "upper_spread": 0.0,
    "lower_spread": 0.0,
    "slope_spread": 0.0,
    "exponent_spread": 0.0,
    "program_error": 0.0,
    "time_spread": 0.0,
}


def quiet(law, **changes):
    """A device of the law without spread or noise."""
    known = {parameter.name for parameter in load_law(law).parameters}
    return load_law(law)(
        **{**{key: value for key, value in QUIET.items() if key in known}, **changes}
    )


def curve(law, pulses, start=None, **changes):
    """Up part of the staircase of a device without spread or noise."""
    return (
        staircase(quiet(law, **changes), pulses=pulses, devices=3, start=start)
        .weights[: pulses + 1, 0]
        .astype(float)
    )


def test_staircase_constant_step():
    expected = np.minimum(-0.6 + 0.01 * np.arange(151), 0.6)
    np.testing.assert_allclose(curve("constant_step", 150, pulse_step=0.01), expected, atol=2e-6)
    down = staircase(quiet("constant_step", pulse_step=0.01), pulses=150, devices=3).weights[
        150:, 0
    ]
    np.testing.assert_allclose(down, -expected, atol=2e-6)


@pytest.mark.parametrize(
    "law,slope,changes",
    [
        ("soft_bounds", 1 / 0.6, {}),
        ("linear_step", 0.5 / 0.6, {"slope_up": 0.5}),
        ("soft_bounds", 1 / 0.6, {"noise_place": "bracket"}),
    ],
)
def test_staircase_linear_and_soft_bounds(law, slope, changes):
    """w_n = w_inf - (w_inf - w_0)(1 - a slope)^n with w_inf = 1/slope."""
    n = np.arange(201)
    expected = np.minimum(1 / slope - (1 / slope + 0.6) * (1 - 0.02 * slope) ** n, 0.6)
    np.testing.assert_allclose(curve(law, 200, pulse_step=0.02, **changes), expected, atol=3e-6)


def test_staircase_reference_device():
    """v = w + r has soft bounds: w_n + r = b - (b - w_0 - r)(1 - a/b)^n."""
    expected = 0.6 - (0.6 + 0.3 - 0.1) * (1 - 0.02 / 0.6) ** np.arange(101) - 0.1
    got = curve("soft_bounds_reference", 100, start=-0.3, pulse_step=0.02, reference_mean=0.1)
    np.testing.assert_allclose(got, expected, atol=3e-6)


@pytest.mark.parametrize(
    "law,changes,start",
    [
        ("exponential_step", {"upper_bound": 1.0, "lower_bound": -1.0}, 0.9),
        (
            "phase_change_pair",
            {
                "upper_bound": 2.0,
                "amplitude_up": -27.235,
                "gamma_up": 2.5,
                "scale_a": -1.0,
                "offset_b": 0.0,
            },
            0.3,
        ),
    ],
)
def test_staircase_exponential_step(law, changes, start):
    """dw/dn = a (1 - A e^(g z)) with u = e^(-g z): u_n = A + (u_0 - A) e^(-g c n), c = a dz/dw;
    small steps, so the sum is the integral.
    """
    step = 2e-5
    pulses = 4000
    device = quiet(law, pulse_step=step, **changes)
    slope = 2 * device.scale_a / (device.upper_bound - device.lower_bound)
    u = np.exp(-device.gamma_up * (slope * start + device.offset_b))
    u = device.amplitude_up + (u - device.amplitude_up) * np.exp(
        -device.gamma_up * step * slope * np.arange(pulses + 1)
    )
    expected = (-np.log(u) / device.gamma_up - device.offset_b) / slope
    got = curve(law, pulses, start, pulse_step=step, **changes)
    assert expected[-1] - start > 0.04
    np.testing.assert_allclose(got, expected, atol=2e-3 * (expected[-1] - start) + 3e-4)


def test_staircase_power_step():
    """d = (b_max - w)/R: d^(1 - G) = d_0^(1 - G) + (G - 1)(a/R) n for small steps."""
    got = curve("power_step", 3000, -0.5, pulse_step=1e-3, exponent=2.5)
    distance = ((1.1 / 1.2) ** -1.5 + 1.5 * (1e-3 / 1.2) * np.arange(3001)) ** (-1 / 1.5)
    np.testing.assert_allclose(got, 0.6 - 1.2 * distance, atol=1e-3)
    assert got[-1] > 0.1


@pytest.mark.parametrize(
    "law,changes,mirrored",
    [
        (
            "soft_bounds",
            {"upper_bound": 0.9, "lower_bound": -0.5},
            {"upper_bound": 0.5, "lower_bound": -0.9},
        ),
        ("linear_step", {"slope_up": 0.2, "slope_down": 0.7}, {"slope_up": 0.7, "slope_down": 0.2}),
        ("soft_bounds_reference", {"reference_mean": 0.2}, {"reference_mean": -0.2}),
        (
            "exponential_step",
            {},
            {
                "amplitude_up": 0.36833,
                "amplitude_down": 0.00081,
                "gamma_up": 12.78785,
                "gamma_down": 12.44625,
                "offset_b": -0.2425,
            },
        ),
        (
            "power_step",
            {"exponent": 1.5, "upper_bound": 0.9},
            {"exponent": 1.5, "upper_bound": 0.6, "lower_bound": -0.9},
        ),
    ],
)
def test_down_is_up_of_the_mirrored_device(law, changes, mirrored):
    array = quiet(law, pulse_step=0.01, **changes).build(1, 1)
    mirror = quiet(law, pulse_step=0.01, **mirrored).build(1, 1)
    start = 0.3
    array.set_weights([[start]])
    mirror.set_weights([[-start]])
    for step in range(60):
        array.pulse(-1, step=step)
        mirror.pulse(1, step=step)
        assert array.weights[0, 0] == pytest.approx(-mirror.weights[0, 0], abs=2e-6)
    assert array.weights[0, 0] < start - 0.1


def test_staircase_pair_and_levels():
    n = np.arange(101)
    np.testing.assert_allclose(
        curve("one_sided_pair", 100, pulse_step=0.02), 1 - 0.98**n, atol=3e-6
    )
    down = staircase(quiet("one_sided_pair", pulse_step=0.02), pulses=100, devices=1).weights[
        100:, 0
    ]
    np.testing.assert_allclose(down, (1 - 0.98**100) - (1 - 0.98**n), atol=3e-6)
    np.testing.assert_allclose(
        curve("write_verify_pair", 20), np.minimum(np.arange(21) / 15, 1), atol=3e-6
    )


def test_phase_change_preset_is_that_of_its_source():
    """aihwkit PCMPresetDevice: dw = 0.01 (1 + 27.235 exp(-2.5 w)) up to w = 2, and its granularity
    is the down step at w = 0.
    """
    device = load_device(
        "pcm",
        {"step_spread": 0.0, "asymmetry_spread": 0.0, "upper_spread": 0.0, "pulse_noise": 0.0},
    )
    array = device.build(1, 1)
    weight = 0.0
    for number in range(20):
        array.pulse(1)
        weight += 0.01 * (1 + 27.235 * math.exp(-2.5 * weight))
        assert array.weights[0, 0] == pytest.approx(weight, abs=2e-6)
        assert number or weight == near(0.28235)
    assert weight == pytest.approx(1.217, abs=5e-4)
    array.pulse(-20)
    assert array.weights[0, 0] == pytest.approx(0.0, abs=4e-6) and array.state[
        0, 1, 0
    ] == pytest.approx(weight, abs=4e-6)
    assert device.granularity() == near(0.01 * (1 + 2.235), rel=2e-4)


def test_staircase_binary_switch():
    """After n pulses a device has switched with probability 1 - (1 - p)^n, p = 1 - exp(-t/tau0
    e^(V/V0)).
    """
    device = load_device("cbram")
    p = 1 - math.exp(-1e-4 / 2.85e5 * math.exp(3.2 / 0.156))
    assert device.probability(3.2) == near(p) and 0.2 < p < 0.3
    weights = staircase(device, pulses=6, devices=20_000, start=0.0).weights
    assert set(np.unique(weights)) == {0.0, 1.0}
    for n in range(7):
        expected = 1 - (1 - p) ** n
        assert abs(weights[n].mean() - expected) <= 4 * math.sqrt(
            max(expected * (1 - expected), 1e-12) / 20_000
        )
