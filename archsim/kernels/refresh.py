"""Refresh of one-sided pairs that ran full: both devices are reset, then their difference is
written again, pulse by pulse with verify.

A template that `update.specialise` completes with a device law: `step` and `draw` are replaced
before compilation.
"""

from __future__ import annotations

import numpy as np

from archsim.kernels import moves
from archsim.kernels.random import REFRESH, normal, row_key, stream_key

U = np.uint64
ZERO = np.float32(0.0)
ONE = np.float32(1.0)
HALF = np.float32(0.5)
LOWER, UPPER = 2, 3
RESET_KEY, NOISE_KEY = (
    2,
    4,
)  # rows of a row's key: 0 and 1 the pulses of the two devices, then their resets, then what a read sees
# places in `update.COUNTS`
PAIRS = 5
PULSES = 6
OUTSIDE = 7
step, draw = moves.step, normal  # replaced by a law's own


def refresh(
    weights,
    state,
    planes,
    law,
    upper,
    lower,
    target,
    spread,
    most,
    write_noise,
    seed,
    step_number,
    tile,
    counts,
    writes,
):
    """Refresh every pair whose larger state is above the share `upper` of its own bound and whose
    smaller is above the share `lower`.

    Both devices are reset to `target` with `spread`. Then the device on the side that is missing
    gets a pulse and the pair is read, until the weight is back to within half of the step that this
    device would make next (plus `write_noise`, which a read cannot tell from it): one pulse more
    would not come nearer. A pair that is not there after `most` pulses, or whose device does not
    move any more, is counted as left outside. A pair with a stuck device is left alone.

    counts += pairs, pulses (both resets of a pair among them), pairs left outside; writes += a
    reset and the pulses that follow.
    """
    key = stream_key(seed, step_number, tile, REFRESH)
    for i in range(weights.shape[0]):
        place = row_key(key, U(i))
        for j in range(weights.shape[1]):
            plus_bound, minus_bound = planes[i, 0, UPPER, j], planes[i, 1, UPPER, j]
            if planes[i, 0, LOWER, j] >= plus_bound or planes[i, 1, LOWER, j] >= minus_bound:
                continue
            plus_first = state[i, 0, j] > state[i, 1, j]
            larger, smaller = (0, 1) if plus_first else (1, 0)
            full = state[i, larger, j] > upper * planes[i, larger, UPPER, j]
            if not (full and state[i, smaller, j] > lower * planes[i, smaller, UPPER, j]):
                continue
            wanted = weights[i, j]
            for part in range(2):
                value = target + spread * normal(row_key(place, U(RESET_KEY + part)), U(j))
                state[i, part, j] = min(
                    max(value, planes[i, part, LOWER, j]), planes[i, part, UPPER, j]
                )
            used, outside = 0, True
            while True:
                seen = state[i, 0, j] - state[i, 1, j]
                if write_noise > ZERO:
                    seen += write_noise * normal(
                        row_key(row_key(place, U(NOISE_KEY)), U(used)), U(j)
                    )
                missing = wanted - seen
                part = 0 if missing > ZERO else 1
                held, values = state[i, part, j], planes[i, part]
                mean = (
                    min(
                        max(step(held, True, ONE, ZERO, values, j, law), values[LOWER, j]),
                        values[UPPER, j],
                    )
                    - held
                )
                if abs(missing) <= HALF * mean + write_noise:
                    outside = False
                    break
                if used == most or mean <= ZERO:
                    break
                new = step(
                    held,
                    True,
                    ONE,
                    draw(row_key(row_key(place, U(part)), U(used)), U(j)),
                    values,
                    j,
                    law,
                )
                state[i, part, j] = min(max(new, values[LOWER, j]), values[UPPER, j])
                used += 1
            weights[i, j] = seen
            counts[PAIRS] += 1
            counts[PULSES] += used + 2
            counts[OUTSIDE] += outside
            if writes.shape[0] > 0:
                writes[i, j] += np.int32(used + 1)
