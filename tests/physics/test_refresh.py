"""Does a refresh of a pair keep its weight, and is every pulse of it counted?"""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archsim.devices import LAWS, load_law
from archsim.devices.array import draws
from archsim.devices.presets import load_device, load_presets
from archsim.kernels.device_read import EXACT
from archsim.kernels.records import DeviceRead
from archsim.kernels.refresh_reference import refresh_reference
from tests.near import near

F = np.float32
CONVERTED = DeviceRead(F(0.02), F(1.5), F(0.01))
PAIRS = sorted(
    name
    for name in LAWS
    if load_law(name).paired and any(p.name == "refresh_upper" for p in load_law(name).parameters)
)
PRESETS = sorted(name for name, preset in load_presets().items() if preset.law in PAIRS)


def filled(device, plus, minus, shape=(6, 9), seed=5):
    """An array with its pairs at these states (each at most its device's bound), and a count of
    writes.
    """
    array = device.build(*shape, seed=seed)
    array.state[:, 0], array.state[:, 1] = plus, minus
    np.clip(array.state, array.planes[:, :, 2], array.planes[:, :, 3], out=array.state)
    array.show()
    return array, np.zeros(shape, np.int32)


def step_of(array, towards):
    """The noise-free step (M, N) of the device on the side that `towards` asks for, at where it
    stands.
    """
    moved = []
    for part in range(2):
        planes = [array.planes[:, part, number] for number in range(array.planes.shape[2])]
        new = array.device.step_reference(
            array.state[:, part], np.ones(towards.shape, bool), F(1), F(0), planes, array.law
        )
        moved.append(np.clip(new, planes[2], planes[3]) - array.state[:, part])
    return np.where(towards > 0, *moved)


def test_the_default_device_keeps_its_weight():
    # 0.80 - 0.30 = 0.50 on equal devices with soft bounds at 1: 1 - 0.998^n = 0.5 to half a step of
    # 0.001 takes n = 346 pulses
    array, writes = filled(
        load_device(
            "one_sided_soft",
            {"step_spread": 0.0, "asymmetry_spread": 0.0, "upper_spread": 0.0, "pulse_noise": 0.0},
        ),
        0.8,
        0.3,
    )
    counts = array.refresh(writes=writes)
    pulses = next(n for n in range(1000) if abs(0.5 - (1 - 0.998**n)) <= 0.5 * 0.002 * 0.998**n)
    assert pulses == 346
    assert np.abs(array.weights - 0.5).max() <= 0.5 * 0.002 * 0.5 + 1e-6
    assert (writes == pulses + 1).all() and counts[5:].tolist() == [54, 54 * (pulses + 2), 0]
    assert array.state[:, 1].max() == 0 and array.refresh()[5] == 0


@pytest.mark.parametrize("name", PRESETS)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    st.integers(0, 2**32),
    st.floats(0.3, 1.0),
    st.floats(0.1, 1.0),
    st.sampled_from((0.0, 0.3, 0.6)),
    st.sampled_from((0.0, 0.3)),
    st.sampled_from((0.0, 2.0)),
)
def test_any_pair_keeps_its_weight_within_the_resolution_of_its_device(
    name, seed, most, share, noise, spread, unseen
):
    generator = np.random.default_rng(seed)
    device = load_device(
        name,
        {
            "pulse_noise": noise,
            "upper_spread": spread,
            "step_spread": spread,
            "refresh_upper": 0.5,
            "refresh_lower": 0.2,
            "write_noise": unseen,
        },
    )
    top = most * device.upper_bound
    plus, minus = (generator.uniform(0, top, (6, 9)) for _ in range(2))
    array, writes = filled(device, plus, minus * share, seed=seed)
    before = array.weights.copy()
    state = array.state.copy()
    bound = array.planes[:, :, 3]
    larger = np.take_along_axis(state / bound, state.argmax(axis=1)[:, None], 1)[:, 0]
    smaller = np.take_along_axis(state / bound, state.argmin(axis=1)[:, None], 1)[:, 0]
    chosen = (larger > 0.5) & (smaller > 0.2)
    counts = array.refresh(seed=seed, writes=writes)
    # each pair by its own bounds, and none of the others
    assert counts[5] == chosen.sum() and ((writes > 0) == chosen).all()
    assert (array.weights[~chosen] == before[~chosen]).all()
    assert (np.where(chosen[:, None], 0, array.state - state) == 0).all()
    # each refresh is two resets, of which the pair's counter has one, and its pulses
    assert counts[6] == writes.sum() + chosen.sum()
    missing = before - array.weights
    close = np.abs(missing) <= 0.5 * step_of(array, missing) + array.write_noise + 1e-6
    assert (~close & chosen).sum() == counts[7]
    assert counts[7] <= 0.05 * max(20, chosen.sum())


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("unseen, read", [(0.0, EXACT), (1.5, EXACT), (1.5, CONVERTED)])
def test_kernel_has_the_bits_of_its_twin(name, unseen, read):
    device = load_device(
        name,
        {
            "refresh_upper": 0.3,
            "refresh_lower": 0.1,
            "write_noise": unseen,
            "refresh_pulses": 300,
            "reset_spread": 0.02,
            "corrupt_probability": 0.1,
            "corrupt_range": 0.4,
        },
    )
    generator = np.random.default_rng(3)
    array, writes = filled(
        device, *generator.uniform(0, device.upper_bound, (2, 20, 30)), shape=(20, 30)
    )
    twin, _ = filled(device, array.state[:, 0], array.state[:, 1], shape=(20, 30))
    array.device_read = read
    counts = array.refresh(seed=7, step=11, tile=13, writes=writes)
    with np.errstate(over="ignore", invalid="ignore"):
        limits = device.refresh_limits(read)
        law = device.reference()
        keys = draws(7, 11, 13)
        totals, expected = refresh_reference(twin.cells, law, limits, keys)
    assert counts[5] > 100
    if device.exact_twin:
        assert counts[5:].tolist() == list(totals) and (writes == expected).all()
        np.testing.assert_array_equal(array.state, twin.state)
        np.testing.assert_array_equal(array.weights, twin.weights)
    else:  # the compiled law has polynomials for the exponential function: a pulse more or less now and then
        assert counts[5] == totals[0] and counts[6] == near(totals[1], rel=0.01)
        assert (writes == expected).mean() > 0.95
        same = writes == expected
        np.testing.assert_allclose(array.weights[same], twin.weights[same], atol=2e-5)


def test_pulses_that_do_not_suffice_are_said():
    array, writes = filled(
        load_device("one_sided_soft", {"refresh_pulses": 31, "upper_spread": 0.0}), 0.8, 0.3
    )
    counts = array.refresh(writes=writes)
    assert counts[7] == counts[5] == 54 and (writes == 32).all()


def test_a_pair_with_a_stuck_device_is_left_alone():
    array, writes = filled(load_device("one_sided_soft", {"upper_spread": 0.0}), 0.8, 0.3)
    array.planes[:, 1, 2:4] = 0.3
    assert array.refresh(writes=writes)[5] == 0 and not writes.any()


def test_noise_of_a_pulse_does_not_leave_the_weight_off_by_more_than_a_step():
    array, _ = filled(load_device("one_sided_soft"), 0.7, 0.35, shape=(40, 50))
    before = array.weights.copy()
    bound = array.planes[:, :, 3]
    chosen = (array.state > np.array([0.75, 0.25])[:, None] * bound).all(axis=1)
    array.refresh(seed=2)
    off = (array.weights - before)[chosen]
    assert chosen.sum() > 500 and np.abs(off).max() <= 0.5 * array.planes[:, :, 0].max()
    assert abs(off.mean()) < 4 * off.std() / math.sqrt(off.size)
