"""Pulse trains, their management, and the update: twin, closed forms of mean and variance, counts,
threads.
"""

import math

import numpy as np
import pytest

from archsim.devices.array import draws
from archsim.kernels.records import Cells
from archsim.kernels.trains import plan_train
from archsim.kernels.update_reference import plan_reference, update_reference
from tests.members import every
from tests.near import near
from tests.physics.pulsed_devices import LAWS, SETTINGS, F, devices, run, trains_of, vectors
from tests.physics.test_pulse_runs import run_once


@every("law", LAWS)
@every(
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
@every("size", [1.0, 0.01])
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


@every("manage_update", [False, True])
@every("manage_length", [False, True])
@every(
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
        assert input_factor * F(input_max) == near(error_factor * F(error_max))
        assert input_factor * error_factor * slots * 0.001 == near(rate)
    if manage_update and manage_length and wanted > 31:
        assert input_factor * F(input_max) == near(1.0) and error_factor * F(error_max) == near(
            wanted / 31
        )
    if not manage_update:
        assert input_factor == error_factor == near(math.sqrt(rate / slots / 0.001))


@pytest.mark.parametrize("longest", [1, 10, 31])
@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_mean_and_variance_of_the_update(longest, noise):
    """E[dw] = rate x d and Var[dw] = BL q dw_min^2 (1 - q + sigma_c^2) over 1e5 independent updates
    (rpu.md 2.1).
    """
    count = 100_000
    x = 0.31
    d = -0.22
    weights = np.zeros((1, 1), F)
    state = np.zeros((1, 1, 1), F)
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
    rate = 0.05
    granularity = 0.01
    probability = min(1, math.sqrt(rate / longest / granularity) * x) * min(
        1, math.sqrt(rate / longest / granularity) * -d
    )
    mean = -longest * probability
    variance = longest * probability * (1 - probability + noise**2)
    fourth = ((changes - changes.mean()) ** 4).mean()
    assert abs(changes.mean() - mean) < 4 * math.sqrt(variance / count)
    assert abs(changes.var() - variance) < 4 * math.sqrt((fourth - variance**2) / count)
    assert mean * granularity == near(rate * x * d, rel=1e-6) or longest == 1
