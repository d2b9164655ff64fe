"""NumPy twin of `refresh.py`: all pairs at once, the same bits."""

from __future__ import annotations

import numpy as np

from archsim.kernels.random import REFRESH
from archsim.kernels.random_reference import (
    normal_reference,
    row_key_reference,
    stream_key_reference,
)
from archsim.kernels.update_reference import LawReference

F = np.float32
LOWER, UPPER = 2, 3


def refresh_reference(
    weights,
    state,
    planes,
    law_scalars,
    law: LawReference,
    *,
    upper,
    lower,
    target=0.0,
    spread=0.0,
    most,
    write_noise=0.0,
    seed=0,
    step=0,
    tile=0,
):
    """Refresh in place weights (M, N) and state (M, 2, N); arguments as `refresh.refresh`.

    Returns (pairs, pulses, pairs left outside) and writes (M, N) as that counts them.
    """
    rows = np.arange(len(weights))[:, None]
    columns = np.arange(weights.shape[1])
    refreshes = row_key_reference(stream_key_reference(seed, step, tile, REFRESH), rows)
    bound = planes[:, :, UPPER]
    larger = np.where(state[:, 0] > state[:, 1], 0, 1)[:, None]
    high, high_bound = (np.take_along_axis(values, larger, 1)[:, 0] for values in (state, bound))
    low, low_bound = (np.take_along_axis(values, 1 - larger, 1)[:, 0] for values in (state, bound))
    chosen = (planes[:, :, LOWER] < bound).all(axis=1)
    chosen &= (high > F(upper) * high_bound) & (low > F(lower) * low_bound)
    wanted = weights.copy()
    for part in range(2):
        value = F(target) + F(spread) * normal_reference(
            row_key_reference(refreshes, 2 + part), columns
        )
        state[:, part] = np.where(
            chosen, np.clip(value, planes[:, part, LOWER], bound[:, part]), state[:, part]
        )
    used = np.zeros(weights.shape, int)
    outside = np.zeros(weights.shape, bool)
    open_ = chosen.copy()
    sides = [[planes[:, part, p] for p in range(planes.shape[2])] for part in range(2)]
    up = np.ones(weights.shape, bool)
    for call in range(most + 1):
        if not open_.any():
            break
        seen = state[:, 0] - state[:, 1]
        if write_noise > 0:
            seen = seen + F(write_noise) * normal_reference(
                row_key_reference(row_key_reference(refreshes, 4), call), columns
            )
        missing = wanted - seen
        steps, moved = [], []
        for part in range(2):
            noise = normal_reference(
                row_key_reference(row_key_reference(refreshes, part), call), columns
            )
            mean, new = (
                np.clip(
                    law.step(state[:, part], up, F(1), xi, sides[part], law_scalars),
                    sides[part][LOWER],
                    sides[part][UPPER],
                )
                for xi in (F(0), noise)
            )
            steps.append(mean - state[:, part])
            moved.append(new)
        positive = missing > 0
        mean = np.where(positive, *steps)
        weights[...] = np.where(open_, seen, weights)
        there = np.abs(missing) <= F(0.5) * mean + F(write_noise)
        lost = ~there & ((mean <= 0) | (call == most))
        outside |= open_ & lost
        open_ &= ~(there | lost)
        for part, side in enumerate((positive, ~positive)):
            state[:, part] = np.where(open_ & side, moved[part], state[:, part])
        used += open_
    pairs = int(chosen.sum())
    return (pairs, int(used.sum()) + 2 * pairs, int(outside.sum())), np.where(
        chosen, used + 1, 0
    ).astype(np.int32)
