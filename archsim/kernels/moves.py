"""Pulses applied to the devices of one row: templates that `update.specialise` completes with a
device law.

The names in capitals and `step`, `draw`, `pulses_of` are replaced before compilation.
"""

from __future__ import annotations

import numpy as np

from archsim.kernels.compiled import kernel
from archsim.kernels.random import normal, row_key

U = np.uint64
ZERO = np.float32(0.0)
ONE = np.float32(1.0)
NONE = np.int32(0)
ONCE = np.int32(1)
LOWER, UPPER = 2, 3
AGGREGATED = PAIRED = False
draw = normal


def step(weight, up, count, noise, planes, j, law):
    """The device law that takes this place; see `update.specialise`."""
    return weight


@kernel
def pulses_of_single(signed, part):
    """Pulses that `signed` means for the one device of a weight."""
    return abs(signed)


@kernel
def pulses_of_pair(signed, part):
    """Up pulses for device `part` of a one-sided pair: a down pulse is an up pulse of the second
    device.
    """
    return max(signed, NONE) if part == 0 else max(-signed, NONE)


pulses_of = pulses_of_single


def move_row(visible, state, planes, law, signed, write_noise, key):
    """signed[j] pulses to each device j of a row; state (S, N), planes (S, P, N). The inner loop is
    one that LLVM vectorises.
    """
    columns = state.shape[1]
    for part in range(state.shape[0]):
        most = NONE
        for j in range(columns):
            most = max(most, pulses_of(signed[j], part))
        if AGGREGATED:
            most = min(most, ONCE)
        held = state[part]
        values = planes[part]
        part_key = row_key(key, U(part))
        for call in range(most):
            call_key = row_key(part_key, U(call))
            for j in range(columns):
                pulses = np.float32(pulses_of(signed[j], part))
                up = PAIRED or signed[j] > 0
                xi, old = draw(call_key, U(j)), held[j]
                count = pulses if AGGREGATED else ONE
                new = step(old, up, count, np.sqrt(count) * xi, values, j, law)
                new = min(max(new, values[LOWER, j]), values[UPPER, j])
                held[j] = new if pulses > np.float32(call) else old
    if PAIRED or write_noise > ZERO:
        for j in range(columns):
            seen = (state[0, j] - state[1, j]) if PAIRED else state[0, j]
            seen += write_noise * normal(key, U(j))
            visible[j] = seen if signed[j] != 0 else visible[j]


def move_some(visible, state, planes, law, signed, listed, number, write_noise, key):
    """`move_row` for the first `number` columns of `listed`; the same bits."""
    for place in range(number):
        j = listed[place]
        if signed[j] == 0:
            continue
        for part in range(state.shape[0]):
            pulses = pulses_of(signed[j], part)
            held = state[part]
            values = planes[part]
            part_key = row_key(key, U(part))
            up = PAIRED or signed[j] > 0
            calls = min(pulses, ONCE) if AGGREGATED else pulses
            for call in range(calls):
                xi = draw(row_key(part_key, U(call)), U(j))
                count = np.float32(pulses) if AGGREGATED else ONE
                new = step(held[j], up, count, np.sqrt(count) * xi, values, j, law)
                held[j] = min(max(new, values[LOWER, j]), values[UPPER, j])
        if PAIRED or write_noise > ZERO:
            seen = (state[0, j] - state[1, j]) if PAIRED else state[0, j]
            visible[j] = seen + write_noise * normal(key, U(j))
