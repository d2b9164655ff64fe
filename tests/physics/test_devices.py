"""Every device law and preset: twin, bounds, draws, staircase against its closed form, statistics
of one pulse.
"""

import math

import numpy as np
import pytest

from archsim.cli.show_device import describe_device
from archsim.devices import LAWS, load_law
from archsim.devices.array import draws
from archsim.devices.presets import CONFIDENCES, load_device, load_presets, read_presets
from archsim.devices.staircase import staircase
from archsim.devices.symmetry import symmetry_points
from archsim.kernels.update_reference import pulse_reference
from hwlib.errors import InputError

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
    weights, state = array.weights.copy(), array.state.copy()
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


@pytest.mark.parametrize("name", [*LAWS, *load_presets()])
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


@pytest.mark.parametrize("name", load_presets())
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
        assert values.std() == pytest.approx(spread, rel=4 / (2 * count) ** 0.5)
    assert abs(np.corrcoef(upper.ravel(), lower.ravel())[0, 1]) < 4 / count**0.5
    one_sided = quiet("constant_step", asymmetry=0.1, asymmetry_law="one_sided").build(1, 1).planes
    np.testing.assert_allclose(one_sided[0, 0, :2, 0], [0.001, 0.0009], rtol=1e-6)
    lognormal = np.log(
        load_law("soft_bounds")(step_spread=0.7, step_spread_law="lognormal")
        .build(50, 500)
        .planes[:, 0, 0]
        / 0.001
    )
    assert lognormal.std() == pytest.approx(0.7, rel=0.03) and abs(np.median(lognormal)) < 0.03


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
    step, pulses = 2e-5, 4000
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
    array, weight = device.build(1, 1), 0.0
    for number in range(20):
        array.pulse(1)
        weight += 0.01 * (1 + 27.235 * math.exp(-2.5 * weight))
        assert array.weights[0, 0] == pytest.approx(weight, abs=2e-6)
        assert number or weight == pytest.approx(0.28235)
    assert weight == pytest.approx(1.217, abs=5e-4)
    array.pulse(-20)
    assert array.weights[0, 0] == pytest.approx(0.0, abs=4e-6) and array.state[
        0, 1, 0
    ] == pytest.approx(weight, abs=4e-6)
    assert device.granularity() == pytest.approx(0.01 * (1 + 2.235), rel=2e-4)


def test_staircase_binary_switch():
    """After n pulses a device has switched with probability 1 - (1 - p)^n, p = 1 - exp(-t/tau0
    e^(V/V0)).
    """
    device = load_device("cbram")
    p = 1 - math.exp(-1e-4 / 2.85e5 * math.exp(3.2 / 0.156))
    assert device.probability(3.2) == pytest.approx(p) and 0.2 < p < 0.3
    weights = staircase(device, pulses=6, devices=20_000, start=0.0).weights
    assert set(np.unique(weights)) == {0.0, 1.0}
    for n in range(7):
        expected = 1 - (1 - p) ** n
        assert abs(weights[n].mean() - expected) <= 4 * math.sqrt(
            max(expected * (1 - expected), 1e-12) / 20_000
        )


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
        0: pytest.approx(0.328, rel=0.05),
        200: pytest.approx(0.083, rel=0.1),
        500: pytest.approx(0.028, rel=0.15),
        2000: pytest.approx(0.023, rel=0.1),
    }


def test_write_noise_is_seen_but_not_kept():
    array = quiet("soft_bounds", pulse_step=0.01, write_noise=5.0).build(100, 1000)
    array.pulse(np.arange(1000) % 2)
    error = (array.weights - array.state[:, 0]).astype(float)
    assert (error[:, ::2] == 0).all()
    assert error[:, 1::2].std() == pytest.approx(0.05, rel=4 / (2 * 5e4) ** 0.5)
    assert (array.state[:, 0, 1::2] == array.state[0, 0, 1]).all()


def test_perfect_bias_and_weights_beyond_the_bounds():
    array = load_device("gokmen2016").build(3, 4, perfect_bias=True)
    np.testing.assert_allclose(array.planes[:, 0, :, -1], np.tile([0.001, 0.001, -60, 60], (3, 1)))
    array.set_weights(np.full((3, 4), 5.0))
    np.testing.assert_array_equal(array.weights[:, :3], array.planes[:, 0, 3, :3])
    with pytest.raises(InputError):
        array.set_weights(np.full((3, 4), np.nan))


def small():
    return load_device("gokmen2016").build(2, 2)


@pytest.mark.parametrize(
    "call",
    [
        lambda: load_device("gokmen"),
        lambda: load_device("gokmen2016", {"pulsestep": 1}),
        lambda: load_device("missing.toml"),
        lambda: load_device("gokmen2016", {"pulse_step": -1}),
        lambda: load_device("gokmen2016", {"step_spread_law": "uniform"}),
        lambda: load_device("gokmen2016").build(0, 3),
        lambda: small().update(np.ones(3), np.ones(2), small().trains(rate=0.1)),
        lambda: small().trains(rate=0.1, longest=65),
        lambda: small().program(np.ones((2, 2)), np.ones((2, 2), bool)),
    ],
)
def test_wrong_input_is_refused(call):
    with pytest.raises(InputError):
        call()


HEAD = "[a]\ntitle='t'\nplace='p'\nconfidence='code'\n"


@pytest.mark.parametrize(
    "text",
    [
        "[a]\nlaw = 'soft_bounds'",
        "[a]\nlaw = 3",
        "a = 1",
        "[a",
        HEAD + "law='soft'\nsource='aihwkit'\n[a.parameters]",
        HEAD + "law='soft_bounds'\nsource=''\n[a.parameters]",
        HEAD + "law='soft_bounds'\nsource='aihwkit'\n[a.parameters]\nstep=1",
    ],
)
def test_broken_device_files_are_refused(text, tmp_path):
    path = tmp_path / "device.toml"
    path.write_text(text)
    with pytest.raises(InputError):
        load_device(str(path))


def test_a_user_file_is_a_device(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(HEAD + "law='soft_bounds'\nsource='aihwkit'\n[a.parameters]\npulse_step=0.02\n")
    assert load_device(str(path), {"pulse_noise": 0.1}).values["pulse_step"] == 0.02


OWN = """[my_taox]
law = "soft_bounds"
title = "our TaOx"
source = "our lab, 2026, unpublished"
place = "notebook 12"
confidence = "{confidence}"
note = "wafer 3"
parameters = {{ pulse_step = 0.01, upper_bound = 1.0, lower_bound = -1.0 }}
"""


@pytest.mark.parametrize("confidence", CONFIDENCES)
def test_a_device_of_ones_own_states_its_source_in_its_own_words(confidence, tmp_path):
    path = tmp_path / "taox.toml"
    path.write_text(OWN.format(confidence=confidence))
    shown = describe_device(str(path), None, {})
    stated = {
        "title": "our TaOx",
        "source": "our lab, 2026, unpublished",
        "place": "notebook 12",
        "confidence": confidence,
        "note": "wafer 3",
    }
    assert {key: shown[key] for key in stated} == stated  # not those of the law
    assert shown["law"] == "soft_bounds" and load_device(str(path)).values["pulse_step"] == 0.01


def test_an_own_device_has_some_source_and_a_known_confidence(tmp_path):
    path = tmp_path / "taox.toml"
    path.write_text(OWN.format(confidence="measurd"))
    with pytest.raises(InputError, match="did you mean 'measured'"):
        load_device(str(path))
    path.write_text(OWN.format(confidence="measured").replace("our lab, 2026, unpublished", "  "))
    with pytest.raises(InputError, match="where its parameters come from"):
        load_device(str(path))


def test_a_device_of_the_library_names_a_source_of_the_bibliography(tmp_path):
    path = tmp_path / "taox.toml"
    path.write_text(OWN.format(confidence="measured"))
    with pytest.raises(InputError, match="unknown source"):
        read_presets(path, own=False)
