"""Pulse trains, their management, and the update: twin, closed forms of mean and variance, counts,
threads.
"""

import math
import threading

import numpy as np
import pytest

from archsim.devices import load_law
from archsim.devices.array import draws, new_tally
from archsim.devices.constant_step import constant_step
from archsim.kernels.generators import no_generators
from archsim.kernels.records import Cells, Tally, Trains
from archsim.kernels.trains import plan_train
from archsim.kernels.update import COUNTS, specialise
from archsim.kernels.update_reference import plan_reference, update_reference

F = np.float32
SETTINGS = {
    "rate": 0.01,
    "granularity": 0.001,
    "longest": 31,
    "manage_update": False,
    "manage_length": False,
    "deterministic": False,
    "write_noise": 0.0,
}


LAWS = {
    name: (load_law(name).kernels(), load_law(name).reference())
    for name in ("constant_step", "soft_bounds", "one_sided_pair", "binary_switch")
}


def devices(law, rows, columns, hidden, spread=0.3, bound=0.6, step=0.001, seed=1):
    generator = np.random.default_rng(seed)
    parts = 2 if LAWS[law][1].paired else 1
    planes = np.empty((rows, parts, 6, columns), F)
    planes[:, :, :2] = step * np.abs(1 + spread * generator.normal(size=(rows, parts, 2, columns)))
    planes[:, :, 2] = (
        0
        if parts == 2
        else -bound * np.abs(1 + spread * generator.normal(size=(rows, parts, columns)))
    )
    planes[:, :, 3] = bound * np.abs(1 + spread * generator.normal(size=(rows, parts, columns)))
    planes[:, :, 4:] = 0.3 if law == "binary_switch" else 1.2
    state = (generator.uniform(0 if parts == 2 else -0.1, 0.1, (rows, parts, columns))).astype(F)
    state = np.clip(state, planes[:, :, 2], planes[:, :, 3])
    weights = (
        (state[:, 0] - state[:, 1]) if parts == 2 else state[:, 0].copy() if hidden else state[:, 0]
    )
    return weights, state, planes


def trains_of(settings, generators=None):
    chosen = (settings[name] for name in Trains._fields[:-1])
    return Trains(*chosen, no_generators() if generators is None else generators)


def run(
    law, weights, state, planes, scalars, inputs, errors, seed=0, step=0, tile=0, first=0, **changes
):
    s = {**SETTINGS, **changes}
    tally = new_tally(np.zeros(weights.shape, np.int32))
    cells = Cells(weights, state, planes, scalars, F(s["write_noise"]))
    keys = draws(seed, step, tile, first)
    LAWS[law][0].update(cells, inputs, errors, trains_of(s), keys, tally)
    return tally.counts, tally.writes


def vectors(count, rows, columns, size=1.0, seed=2):
    generator = np.random.default_rng(seed)
    return generator.uniform(-1, 1, (count, columns)).astype(F), (
        size * generator.uniform(-1, 1, (count, rows))
    ).astype(F)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"longest": 1, "manage_update": True},
        {"longest": 64, "write_noise": 0.01},
        {"manage_update": True, "manage_length": True},
        {"deterministic": True, "longest": 10},
        {"manage_length": True, "rate": 0.2},
    ],
)
@pytest.mark.parametrize("size", [1.0, 0.01])
def test_kernel_and_twin_have_the_same_bits(law, changes, size):
    weights, state, planes = devices(law, 23, 90, "write_noise" in changes)
    inputs, errors = vectors(4, 23, 90, size)
    inputs[1] *= np.arange(90) % 15 == 0  # few columns: the index list
    inputs[2] = 0
    other = [array.copy() for array in (weights, state, planes)]
    if np.shares_memory(weights, state):
        other[0] = other[1][:, 0]
    scalars = (F(0.3),) * (1 if law in ("constant_step", "binary_switch") else 2)
    counts, writes = run(
        law, weights, state, planes, scalars, inputs, errors, 5, 6, 7, 8, **changes
    )
    settings = {**SETTINGS, **changes}
    expected, expected_writes = update_reference(
        Cells(*other, scalars, F(settings["write_noise"])),
        LAWS[law][1],
        inputs,
        errors,
        trains_of(settings),
        draws(5, 6, 7, 8),
    )
    np.testing.assert_array_equal(weights, other[0])
    np.testing.assert_array_equal(state, other[1])
    np.testing.assert_array_equal(counts, expected)
    np.testing.assert_array_equal(writes, expected_writes)
    assert counts[0] == 3 and counts[4] > 0


@pytest.mark.parametrize("manage_update", [False, True])
@pytest.mark.parametrize("manage_length", [False, True])
@pytest.mark.parametrize(
    "input_max,error_max,rate",
    [(1.0, 1.0, 0.01), (0.3, 2e-3, 0.01), (1.0, 0.7, 0.5), (0.0, 1.0, 0.01), (1e-3, 1e-4, 0.01)],
)
def test_management_follows_its_formulas(manage_update, manage_length, input_max, error_max, rate):
    arguments = (rate, 0.001, 31, F(input_max), F(error_max), manage_update, manage_length)
    slots, input_factor, error_factor = plan_train(*arguments)
    assert (slots, input_factor, error_factor) == plan_reference(*arguments)
    if input_max == 0:
        assert slots == 0
        return
    wanted = rate * F(input_max) * F(error_max) / 0.001
    assert slots == (min(31, math.ceil(wanted)) if manage_length else 31)
    if manage_update and wanted <= 31:
        assert input_factor * F(input_max) == pytest.approx(error_factor * F(error_max))
        assert input_factor * error_factor * slots * 0.001 == pytest.approx(rate)
    if manage_update and manage_length and wanted > 31:
        assert input_factor * F(input_max) == pytest.approx(1.0) and error_factor * F(
            error_max
        ) == pytest.approx(wanted / 31)
    if not manage_update:
        assert input_factor == error_factor == pytest.approx(math.sqrt(rate / slots / 0.001))


@pytest.mark.parametrize("longest", [1, 10, 31])
@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_mean_and_variance_of_the_update(longest, noise):
    """E[dw] = rate x d and Var[dw] = BL q dw_min^2 (1 - q + sigma_c^2) over 1e5 independent updates
    (rpu.md 2.1).
    """
    count = 100_000
    x = 0.31
    d = -0.22
    weights, state = np.zeros((1, 1), F), np.zeros((1, 1, 1), F)
    planes = np.array([1, 1, -1e6, 1e6], F).reshape(1, 1, 4, 1)
    changes = np.empty(count)
    inputs = np.full((1, 1), x, F)
    errors = np.full((1, 1), d, F)
    for number in range(count // 1000):
        # weights of 1000 updates in a row: their differences are the single updates
        for inner in range(1000):
            weights[:] = state[:] = 0
            run_once(state, planes, (F(noise),), inputs, errors, longest, 1000 * number + inner)
            changes[1000 * number + inner] = state[0, 0, 0]
    rate, granularity = 0.05, 0.01
    probability = min(1, math.sqrt(rate / longest / granularity) * x) * min(
        1, math.sqrt(rate / longest / granularity) * -d
    )
    mean = -longest * probability
    variance = longest * probability * (1 - probability + noise**2)
    fourth = ((changes - changes.mean()) ** 4).mean()
    assert abs(changes.mean() - mean) < 4 * math.sqrt(variance / count)
    assert abs(changes.var() - variance) < 4 * math.sqrt((fourth - variance**2) / count)
    assert mean * granularity == pytest.approx(rate * x * d, rel=1e-6) or longest == 1


_COUNTS = np.zeros(len(COUNTS), np.int64)
_NONE = np.zeros((0, 0), np.int32)
_IDEAL = no_generators()


def run_once(state, planes, scalars, inputs, errors, longest, first):
    LAWS["constant_step"][0].update(
        Cells(state[:, 0], state, planes, scalars, F(0)),
        inputs,
        errors,
        Trains(0.05, 0.01, longest, False, False, False, _IDEAL),
        draws(3, 0, 0, first),
        Tally(_COUNTS, _NONE),
    )


def test_aggregated_and_pulse_by_pulse_agree_in_distribution():
    """The sum of K noisy constant steps is one normal number of variance K: same mean and variance
    of a device far from its bounds.
    """

    slow = specialise(constant_step)
    results = []
    for kernels in (LAWS["constant_step"][0], slow):
        state = np.zeros((100, 1, 1000), F)
        planes = np.tile(np.array([1, 1, -1e6, 1e6], F)[:, None], (100, 1, 1, 1000))
        signed = np.full((100, 1000), 7, np.int32)
        kernels.pulse(
            Cells(state[:, 0], state, planes, (F(0.5),), F(0)),
            signed,
            draws(1, 2, 3),
            Tally(_COUNTS, _NONE),
        )
        results.append(state.astype(float).ravel())
    for values in results:
        assert abs(values.mean() - 7) < 4 * math.sqrt(7 * 0.25 / values.size)
        assert abs(values.var() - 7 * 0.25) < 4 * 7 * 0.25 * math.sqrt(2 / values.size)


def test_two_threads_give_the_bits_of_one():
    def train(tile, result):
        weights, state, planes = devices("soft_bounds", 30, 40, False)
        for step in range(20):
            run(
                "soft_bounds",
                weights,
                state,
                planes,
                (F(0.3), F(0.2)),
                *vectors(5, 30, 40, seed=step),
                seed=1,
                step=step,
                tile=tile,
            )
        result[tile] = weights

    alone, together = {}, {}
    for tile in (0, 1):
        train(tile, alone)
    threads = [threading.Thread(target=train, args=(tile, together)) for tile in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for tile in (0, 1):
        np.testing.assert_array_equal(alone[tile], together[tile])
    assert (alone[0] != alone[1]).any()


def test_bounds_hold_for_every_device():
    weights, state, planes = devices("constant_step", 20, 30, False)
    for step in range(40):
        run(
            "constant_step",
            weights,
            state,
            planes,
            (F(3.0),),
            *vectors(5, 20, 30, seed=step),
            rate=0.5,
            step=step,
        )
    assert (state[:, 0] <= planes[:, 0, 3]).all() and (state[:, 0] >= planes[:, 0, 2]).all()
    assert (state[:, 0] == planes[:, 0, 3]).any()
