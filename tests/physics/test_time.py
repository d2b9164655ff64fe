"""Do seconds, reads and mini-batches act on what devices hold, as their laws say?"""

import math

import numpy as np
import pytest

from archsim.devices import load_law
from archsim.devices.presets import load_device
from archsim.kernels.ageing import Laws, Spell
from archsim.kernels.ageing_reference import pass_time_reference
from tests.near import near

ALL = {
    "drift_exponent": 0.05,
    "drift_spread": 0.01,
    "drift_reference_s": 20.0,
    "retention_s": 1e6,
    "retention_spread": 0.3,
    "read_disturb": 1e-6,
    "rest_weight": 0.1,
}


def pcm(**changes):
    array = load_device("pcm", changes).build(20, 100, seed=1)
    array.set_weights(np.linspace(-1, 1, 2000).reshape(20, 100))
    return array


def test_kernel_and_twin_agree():
    array = pcm(**ALL)
    twin = pcm(**ALL)
    for seconds in (0.1, 3.0, 100.0, 1e4):
        array.age(batches=0, seconds=seconds, reads=10)
        ageing = twin.ageing
        laws = Laws(ageing.exponents, ageing.retentions, 20.0, 0.1)
        kept = (1 - 1e-6) ** 10
        pass_time_reference(twin.state, twin.planes, ageing.past, laws, Spell(seconds, kept))
        ageing.past.seen[...] = twin.state
    np.testing.assert_allclose(array.state, twin.state, rtol=2e-7, atol=1e-9)
    np.testing.assert_array_equal(array.ageing.past.ages, ageing.past.ages)


def test_drift_is_the_power_law_of_each_device_whatever_the_spells():
    whole = pcm(drift_exponent=0.05, drift_spread=0.01, drift_reference_s=1.0)
    start = whole.state.copy()
    whole.age(batches=0, seconds=999.0)
    # 1 + 999 s/1 s = 1000
    np.testing.assert_allclose(whole.state, start * 1e3**-whole.ageing.exponents, rtol=2e-6)
    assert whole.ageing.exponents.mean() == pytest.approx(0.05, abs=0.002)
    parts = pcm(drift_exponent=0.05, drift_spread=0.01, drift_reference_s=1.0)
    for seconds in (1.0, 28.0, 970.0):
        parts.age(batches=0, seconds=seconds)
    np.testing.assert_allclose(parts.state, whole.state, rtol=2e-7)


def test_a_write_begins_the_drift_anew_and_ageing_is_none():
    array = load_law("constant_step")(
        drift_exponent=0.1, diffusion=1e-4, upper_spread=0.0, lower_spread=0.0
    ).build(2, 50, seed=1)
    array.set_weights(np.full((2, 50), 0.5))
    array.age(batches=1, seconds=99.0)  # with a diffusion, which is no write
    array.set_weights(np.stack([np.full(50, 0.3), array.weights[1]]))
    array.age(batches=0, seconds=1.0)
    ages = array.ageing.past.ages[:, 0]
    assert (ages[0] == 1.0).all() and (ages[1] == 100.0).all()
    np.testing.assert_allclose(array.weights[0], 0.3 * 2**-0.1, rtol=1e-6)


def test_a_million_microseconds_are_a_second():
    # each step moves the weight by 5e-8 of itself, less than the last digit of a float32
    array = load_law("constant_step")(retention_s=20.0, upper_spread=0.0).build(1, 4)
    array.set_weights(np.full((1, 4), 0.5))
    for _ in range(20_000):
        array.age(batches=0, seconds=1e-6)
    np.testing.assert_allclose(array.weights, 0.5 * math.exp(-0.02 / 20), rtol=1e-7)


def test_retention_goes_to_the_weight_of_rest():
    array = load_law("constant_step")(
        retention_s=100.0,
        retention_spread=0.2,
        rest_weight=-0.2,
        lower_spread=0.0,
        upper_spread=0.0,
    ).build(20, 100)
    array.set_weights(np.full((20, 100), 0.1))
    array.age(batches=0, seconds=50.0)
    times = array.ageing.retentions[:, 0]
    assert times.std() == near(20.0, rel=0.1)
    np.testing.assert_allclose(array.weights, -0.2 + 0.3 * np.exp(-50 / times), atol=1e-6)


def test_read_disturb_approaches_the_upper_bound():
    array = load_law("soft_bounds")(read_disturb=1e-6, upper_spread=0.0).build(2, 3)
    for _ in range(10):
        array.age(batches=0, reads=100_000)
    np.testing.assert_allclose(array.weights, 0.6 * (1 - math.exp(-1)), rtol=1e-5)


def test_what_a_read_sees_off_its_state_outlives_time():
    array = load_device("reram_soft_bounds", {"retention_s": 10.0}).build(4, 5)
    array.pulse(np.full((4, 5), 3))
    off = array.weights - array.state[:, 0]
    array.age(batches=0, seconds=1.0)
    np.testing.assert_allclose(array.weights - array.state[:, 0], off, atol=1e-6)
    assert (off != 0).all()


def test_devices_without_age_keep_no_past_and_no_bit_moves():
    array = load_device("gokmen2016").build(3, 4)
    array.set_weights(np.full((3, 4), 0.1))
    before = array.weights.tobytes()
    array.age(batches=5, seconds=1e9, reads=10**9)
    assert array.weights.tobytes() == before
    assert all(values.size == 0 for values in array.ageing.past)
