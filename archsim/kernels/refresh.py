"""Refresh of one-sided pairs that ran full: both devices are reset, then their difference is
written again, pulse by pulse with verify.

Templates that `specialise` completes with a device law: `step`, `draw` and `restore_pair` are
replaced before compilation.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from archsim.kernels import moves
from archsim.kernels.compiled import kernel, template
from archsim.kernels.device_read import look
from archsim.kernels.random import REFRESH, normal, row_key, stream_key

U = np.uint64
ZERO = np.float32(0.0)
ONE = np.float32(1.0)
HALF = np.float32(0.5)
LOWER, UPPER = 2, 3
# Rows of a row's key: 0 and 1 the pulses of the two devices, then their resets, what a pulse leaves
# unseen, the noise of the reads.
RESET_KEY = 2
NOISE_KEY = 4
LOOK_KEY = 5
FIRST_LOOKS = 2  # of the two devices, before they are reset
# places in `update.COUNTS`
PAIRS = 5
PULSES = 6
OUTSIDE = 7
# replaced by a law's own
step = moves.step
draw = normal


@kernel
def is_full(first, second, planes, j, limits):
    """Whether the pair at column j of a row, whose devices were read as `first` and `second`, is to
    be refreshed: planes (2, P, N). A pair with a stuck device is left alone.
    """
    if planes[0, LOWER, j] >= planes[0, UPPER, j] or planes[1, LOWER, j] >= planes[1, UPPER, j]:
        return False
    if first > second:
        full = first > limits.upper * planes[0, UPPER, j]
        return full and second > limits.lower * planes[1, UPPER, j]
    full = second > limits.upper * planes[1, UPPER, j]
    return full and first > limits.lower * planes[0, UPPER, j]


@kernel
def reset_pair(state, planes, j, limits, key):
    """Both devices to the target, with its spread, within their bounds."""
    for part in range(2):
        spread = normal(row_key(key, U(RESET_KEY + part)), U(j))
        value = limits.target + limits.spread * spread
        state[part, j] = min(max(value, planes[part, LOWER, j]), planes[part, UPPER, j])


def restore_pair(cells, i, j, wanted, limits, key):
    """Pulse a pair that was reset until a read of it is near enough to `wanted`: within half of the
    step that its device would make next, or half of a level of the converter where that is wider
    (and the write noise, which no read can tell from it).

    Returns (the weight that it shows, pulses, whether it is left outside).
    """
    state = cells.state[i]
    planes = cells.planes[min(i, cells.planes.shape[0] - 1)]
    most = limits.most
    looks = row_key(key, U(LOOK_KEY))
    used = 0
    while True:
        shown = state[0, j] - state[1, j]
        if cells.write_noise > ZERO:
            noise = normal(row_key(row_key(key, U(NOISE_KEY)), U(used)), U(j))
            shown += cells.write_noise * noise
        seen = look(shown, limits.read, row_key(looks, U(FIRST_LOOKS + used)), j)
        missing = wanted - seen
        part = 0 if missing > ZERO else 1
        held = state[part, j]
        values = planes[part]
        low, high = values[LOWER, j], values[UPPER, j]
        mean = min(max(step(held, True, ONE, ZERO, values, j, cells.law), low), high) - held
        if abs(missing) <= HALF * max(mean, limits.read.step) + cells.write_noise:
            return shown, used, False
        # A device at its bound makes no step: further pulses would not come nearer.
        if used == most or mean <= ZERO:
            return shown, used, True
        xi = draw(row_key(row_key(key, U(part)), U(used)), U(j))
        state[part, j] = min(max(step(held, True, ONE, xi, values, j, cells.law), low), high)
        used += 1


def refresh(cells, limits, draws, tally):
    """Refresh every pair whose larger device is read above the share `limits.upper` of its own bound
    and whose smaller one above the share `limits.lower`; the difference of both reads is written.

    Both devices are reset to the target with its spread. Then the device on the side that is
    missing gets a pulse and the pair is read, until one pulse more would not come nearer. A pair
    that is not there after `limits.most` pulses, or whose device does not move any more, is counted
    as left outside.

    counts += pairs, pulses (both resets of a pair among them), pairs left outside; writes += a
    reset and the pulses that follow.
    """
    stream = stream_key(draws.seed, draws.step, draws.tile, REFRESH)
    weights = cells.weights
    state = cells.state
    planes = cells.planes
    counts = tally.counts
    writes = tally.writes
    for i in range(weights.shape[0]):
        key = row_key(stream, U(i))
        values = planes[min(i, planes.shape[0] - 1)]
        for j in range(weights.shape[1]):
            looks = row_key(key, U(LOOK_KEY))
            first = look(state[i, 0, j], limits.read, row_key(looks, U(0)), j)
            second = look(state[i, 1, j], limits.read, row_key(looks, U(1)), j)
            if not is_full(first, second, values, j, limits):
                continue
            # What the last pulses left unseen belongs to what the reads show.
            unseen = weights[i, j] - (state[i, 0, j] - state[i, 1, j])
            exact = limits.read.step == ZERO and limits.read.noise == ZERO
            wanted = weights[i, j] if exact else first - second + unseen
            reset_pair(state[i], values, j, limits, key)
            shown, used, outside = restore_pair(cells, i, j, wanted, limits, key)
            weights[i, j] = shown
            counts[PAIRS] += 1
            # Both resets are pulses too.
            counts[PULSES] += used + 2
            counts[OUTSIDE] += outside
            if writes.shape[0] > 0:
                writes[i, j] += np.int32(used + 1)


def specialise(law_step: Callable, law_draw: Callable) -> Callable:
    """`refresh` for the step function of a law and the numbers that it draws."""
    restore = template(restore_pair, step=law_step, draw=law_draw)
    return template(refresh, restore_pair=restore)
