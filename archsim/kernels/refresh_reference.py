"""NumPy twin of `refresh.py`: all pairs at once, the same bits."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from archsim.kernels.random import REFRESH
from archsim.kernels.random_reference import (
    normal_reference,
    row_key_reference,
    stream_key_reference,
)
from archsim.kernels.records import Cells, DeviceRead, Draws, Refresh
from archsim.kernels.refresh import FIRST_LOOKS, LOOK_KEY, LOWER, NOISE_KEY, RESET_KEY, UPPER
from archsim.kernels.update_reference import LawReference

F = np.float32


class Pairs(NamedTuple):
    """Pairs under repair: bool (M, N) those still open and those given up, what they are to be
    (float32), and how many pulses they got.
    """

    open: np.ndarray
    outside: np.ndarray
    wanted: np.ndarray
    used: np.ndarray


def refresh_reference(
    cells: Cells, law: LawReference, limits: Refresh, keys: Draws
) -> tuple[tuple[int, int, int], np.ndarray]:
    """Refresh in place weights (M, N) and state (M, 2, N); arguments as `refresh.refresh`.

    Returns:
        (pairs, pulses, pairs left outside) and writes (M, N) as that counts them.
    """
    weights = cells.weights
    rows = np.arange(len(weights))[:, None]
    stream = stream_key_reference(keys.seed, keys.step, keys.tile, REFRESH)
    row_keys = row_key_reference(stream, rows)
    looks = looks_at_devices(cells, limits.read, row_keys)
    chosen = full_pairs(looks, cells, limits)
    unseen = weights - (cells.state[:, 0] - cells.state[:, 1])
    exact = limits.read.step == 0 and limits.read.noise == 0
    wanted = weights if exact else looks[:, 0] - looks[:, 1] + unseen
    wanted = np.where(chosen, wanted, weights)
    pairs = Pairs(chosen.copy(), np.zeros_like(chosen), wanted, np.zeros(weights.shape, int))
    reset_pairs(cells, chosen, limits, row_keys)
    # One read more than there may be pulses: the last one judges.
    for call in range(limits.most + 1):
        if not pairs.open.any():
            break
        restore_pairs(cells, law, pairs, limits, call, row_keys)
    count = int(chosen.sum())
    totals = count, int(pairs.used.sum()) + 2 * count, int(pairs.outside.sum())
    return totals, np.where(chosen, pairs.used + 1, 0).astype(np.int32)


def looks_at_devices(cells: Cells, read: DeviceRead, row_keys: np.ndarray) -> np.ndarray:
    """What a read of each device gives before anything is reset, (M, 2, N)."""
    keys = row_key_reference(row_keys, LOOK_KEY)
    columns = np.arange(cells.state.shape[2])
    reads = (
        look_reference(cells.state[:, part], read, row_key_reference(keys, part), columns)
        for part in range(2)
    )
    return np.stack(list(reads), axis=1)


def full_pairs(state: np.ndarray, cells: Cells, limits: Refresh) -> np.ndarray:
    """Whether each pair whose devices were read as `state` (M, 2, N) is to be refreshed, bool (M,
    N); see `refresh.is_full`.
    """
    planes = cells.planes
    bound = np.broadcast_to(planes[:, :, UPPER], state.shape)
    larger = np.where(state[:, 0] > state[:, 1], 0, 1)[:, None]
    high, high_bound = (np.take_along_axis(values, larger, 1)[:, 0] for values in (state, bound))
    low, low_bound = (np.take_along_axis(values, 1 - larger, 1)[:, 0] for values in (state, bound))
    movable = np.all(planes[:, :, LOWER] < bound, axis=1)
    return movable & (high > limits.upper * high_bound) & (low > limits.lower * low_bound)


def reset_pairs(cells: Cells, chosen: np.ndarray, limits: Refresh, row_keys: np.ndarray) -> None:
    """Both devices of the chosen pairs to the target; see `refresh.reset_pair`."""
    state = cells.state
    planes = cells.planes
    columns = np.arange(state.shape[2])
    for part in range(2):
        spread = normal_reference(row_key_reference(row_keys, RESET_KEY + part), columns)
        value = limits.target + limits.spread * spread
        value = np.clip(value, planes[:, part, LOWER], planes[:, part, UPPER])
        state[:, part] = np.where(chosen, value, state[:, part])


def restore_pairs(
    cells: Cells, law: LawReference, pairs: Pairs, limits: Refresh, call: int, row_keys: np.ndarray
) -> None:
    """One read of every open pair, and one pulse where it is not there yet; see
    `refresh.restore_pair`.
    """
    weights = cells.weights
    state = cells.state
    planes = cells.planes
    columns = np.arange(state.shape[2])
    shown = state[:, 0] - state[:, 1]
    if cells.write_noise > 0:
        key = row_key_reference(row_key_reference(row_keys, NOISE_KEY), call)
        shown = shown + cells.write_noise * normal_reference(key, columns)
    key = row_key_reference(row_key_reference(row_keys, LOOK_KEY), FIRST_LOOKS + call)
    seen = look_reference(shown, limits.read, key, columns)
    missing = pairs.wanted - seen
    steps = []
    moved = []
    up = np.ones(weights.shape, bool)
    for part in range(2):
        key = row_key_reference(row_key_reference(row_keys, part), call)
        held = state[:, part]
        values = [planes[:, part, p] for p in range(planes.shape[2])]
        mean, new = (
            np.clip(
                law.step(held, up, F(1), noise, values, cells.law), values[LOWER], values[UPPER]
            )
            for noise in (F(0), normal_reference(key, columns))
        )
        steps.append(mean - held)
        moved.append(new)
    positive = missing > 0
    mean = np.where(positive, *steps)
    weights[...] = np.where(pairs.open, shown, weights)
    near = F(0.5) * np.maximum(mean, limits.read.step) + cells.write_noise
    there: np.ndarray = np.abs(missing) <= near
    lost = ~there & ((mean <= 0) | (call == limits.most))
    pairs.outside[...] |= pairs.open & lost
    pairs.open[...] &= ~(there | lost)
    for part, side in enumerate((positive, ~positive)):
        state[:, part] = np.where(pairs.open & side, moved[part], state[:, part])
    pairs.used[...] += pairs.open


def look_reference(
    values: np.ndarray, read: DeviceRead, keys: np.ndarray, columns: np.ndarray
) -> np.ndarray:
    """`device_read.look` at all devices of an array at once, the same bits: values (M, N) of
    float32, a key for each row (M, 1), numbers of the columns (N,).
    """
    if read.noise > 0:
        values = values + read.noise * normal_reference(keys, columns)
    if read.step > 0:
        values = np.rint(values / read.step).astype(F) * read.step
    if read.bound > 0:
        values = np.clip(values, -read.bound, read.bound)
    return values
