"""Every device law and preset: twin, bounds, draws, staircase against its closed form, statistics
of one pulse.
"""

import math

import numpy as np
import pytest

from archsim.devices import LAWS, load_law
from archsim.devices.array import draws
from archsim.devices.presets import load_device, load_presets
from archsim.devices.symmetry import symmetry_points
from archsim.kernels.update_reference import pulse_reference
from hwlib.errors import InputError
from tests.members import every
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


@pytest.mark.parametrize("law", LAWS)
def test_law_and_its_reference_agree(law):
    noisy = (
        {"write_noise": 3.0}
        if "write_noise" in {parameter.name for parameter in load_law(law).parameters}
        else {}
    )
    array = load_law(law)(**noisy).build(7, 60, seed=3)
    generator = np.random.default_rng(1)
    array.set_weights(generator.uniform(-0.4, 0.4, (7, 60)))
    weights = array.weights.copy()
    state = array.state.copy()
    if np.shares_memory(array.weights, array.state):
        weights = state[:, 0]
    for step in range(3):
        signed = generator.integers(-5, 6, (7, 60))
        array.pulse(signed, seed=1, step=step, tile=2)
        cells = array.cells._replace(weights=weights, state=state)
        pulse_reference(cells, array.device.reference(), signed, draws(1, step, 2))
    if array.device.exact_twin:
        np.testing.assert_array_equal(array.state, state)
        np.testing.assert_array_equal(array.weights, weights)
    else:
        np.testing.assert_allclose(array.state, state, atol=3e-6)
        np.testing.assert_allclose(array.weights, weights, atol=3e-6)
    assert (weights != 0).any()


@every("name", [*LAWS, *load_presets()])
def test_devices_stay_within_their_bounds_and_finite(name):
    array = load_device(name, {"corrupt_probability": 0.1, "corrupt_range": 0.3}).build(
        5, 80, seed=1, tile=4
    )
    stuck = (array.planes[:, :, 2] == array.planes[:, :, 3])[:, 0]
    start = array.weights.copy()
    for step, direction in enumerate((20, -20, 50, -3)):
        array.pulse(direction, step=step)
        assert np.isfinite(array.state).all() and np.isfinite(array.weights).all()
        assert (array.state >= array.planes[:, :, 2]).all() and (
            array.state <= array.planes[:, :, 3]
        ).all()
    if not array.device.paired and not array.write_noise:
        np.testing.assert_array_equal(array.weights[stuck], start[stuck])
        assert 0.02 < stuck.mean() < 0.2 and (array.weights[~stuck] != start[~stuck]).any()


@every("name", load_presets())
def test_draw_depends_on_seed_and_tile_only(name):
    device = load_device(name)
    planes = device.build(6, 9, seed=1, tile=2).planes
    np.testing.assert_array_equal(planes, device.build(6, 9, seed=1, tile=2).planes)
    np.testing.assert_array_equal(planes[:4, ..., :5], device.build(4, 5, seed=1, tile=2).planes)
    spread = any(
        device.values.get(key, 0) > 0 for key in ("step_spread", "upper_spread", "time_spread")
    )
    for seed, tile in ((1, 3), (2, 2)):
        assert spread == (planes != device.build(6, 9, seed=seed, tile=tile).planes).any()


def test_the_draw_has_the_declared_spreads():
    planes = (
        load_law("constant_step")(
            step_spread=0.2, asymmetry=0.1, asymmetry_spread=0.05, upper_spread=0.1
        )
        .build(100, 1000)
        .planes
    )
    up, down, lower, upper = planes[:, 0].transpose(1, 0, 2).astype(float)
    count = up.size
    for values, mean, spread in (
        (up, 0.00105, 0.001 * math.hypot(0.2, 0.05)),
        (down, 0.00095, 0.001 * math.hypot(0.2, 0.05)),
        (upper, 0.6, 0.06),
        (up - down, 0.0001, 0.0001),
    ):
        assert abs(values.mean() - mean) < 4 * spread / count**0.5
        assert values.std() == near(spread, rel=4 / (2 * count) ** 0.5)
    assert abs(np.corrcoef(upper.ravel(), lower.ravel())[0, 1]) < 4 / count**0.5
    one_sided = quiet("constant_step", asymmetry=0.1, asymmetry_law="one_sided").build(1, 1).planes
    np.testing.assert_allclose(one_sided[0, 0, :2, 0], [0.001, 0.0009], rtol=1e-6)
    lognormal = np.log(
        load_law("soft_bounds")(step_spread=0.7, step_spread_law="lognormal")
        .build(50, 500)
        .planes[:, 0, 0]
        / 0.001
    )
    assert lognormal.std() == near(0.7, rel=0.03) and abs(np.median(lognormal)) < 0.03


@pytest.mark.parametrize(
    "law,changes,mean,deviation",
    [
        ("constant_step", {}, 0.01, 0.003),
        ("soft_bounds", {}, 0.01 * 2 / 3, 0.003 * 2 / 3),
        ("soft_bounds", {"noise_place": "bracket"}, 0.01 * 2 / 3, 0.003),
        ("power_step", {"exponent": 2.0}, 0.01 / 9, 0.003 / 9),
        (
            "exponential_step",
            {
                "amplitude_up": 0.1,
                "gamma_up": 1.0,
                "scale_a": 0.5,
                "offset_b": 0.0,
                "noise_floor": 0.01,
                "noise_slope": 0.1,
            },
            0.01 * (1 - 0.1 * math.exp(0.2 / 1.2)),
            0.3 * (0.01 * (1 - 0.1 * math.exp(0.2 / 1.2)) + 0.01 + 0.02),
        ),
    ],
)
def test_mean_and_variance_of_one_pulse(law, changes, mean, deviation):
    """Over 1e5 devices at w = 0.2, within 4 standard errors."""
    array = quiet(law, pulse_step=0.01, pulse_noise=0.3, **changes).build(100, 1000)
    array.set_weights(np.full((100, 1000), 0.2))
    array.pulse(1, seed=5)
    change = array.weights.astype(float) - np.float32(0.2)
    assert abs(change.mean() - mean) < 4 * deviation / 1e5**0.5 + 1e-7
    assert abs(change.var() / deviation**2 - 1) < 4 * (2 / 1e5) ** 0.5 + 1e-4


def test_alternating_pulses_find_the_symmetry_point():
    """Own check of rpu.md 4: soft bounds with all spreads 0.3 and delta 0.01; RMS distance 0.328 at
    the start, 0.083 after 200 pulses, 0.028 after 500, a floor of 0.023 after 2000."""
    array = load_device("rasch2024_20_states", {"pulse_step": 0.01}).build(100, 100, seed=1)
    goal = symmetry_points(array).astype(float)
    up, down, slope_up, slope_down = (
        array.planes[:, 0, plane].astype(float) for plane in (0, 1, 4, 5)
    )
    closed = np.clip(
        (up - down) / (up * slope_up - down * slope_down),
        array.planes[:, 0, 2],
        array.planes[:, 0, 3],
    )
    np.testing.assert_allclose(goal, closed, atol=1e-5)
    measured = {}
    for step in range(2001):
        if step in (0, 200, 500, 2000):
            measured[step] = np.sqrt(((array.weights - goal) ** 2).mean())
        array.pulse(1 if step % 2 == 0 else -1, seed=2, step=step)
    assert measured == {
        0: near(0.328, rel=0.05),
        200: near(0.083, rel=0.1),
        500: near(0.028, rel=0.15),
        2000: near(0.023, rel=0.1),
    }


def test_write_noise_is_seen_but_not_kept():
    array = quiet("soft_bounds", pulse_step=0.01, write_noise=5.0).build(100, 1000)
    array.pulse(np.arange(1000) % 2)
    error = (array.weights - array.state[:, 0]).astype(float)
    assert (error[:, ::2] == 0).all()
    assert error[:, 1::2].std() == near(0.05, rel=4 / (2 * 5e4) ** 0.5)
    assert (array.state[:, 0, 1::2] == array.state[0, 0, 1]).all()


def test_perfect_bias_and_weights_beyond_the_bounds():
    array = load_device("gokmen2016").build(3, 4, perfect_bias=True)
    np.testing.assert_allclose(array.planes[:, 0, :, -1], np.tile([0.001, 0.001, -60, 60], (3, 1)))
    array.set_weights(np.full((3, 4), 5.0))
    np.testing.assert_array_equal(array.weights[:, :3], array.planes[:, 0, 3, :3])
    with pytest.raises(InputError):
        array.set_weights(np.full((3, 4), np.nan))
