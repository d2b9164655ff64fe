"""NumPy twin of `trains.py`, `moves.py` and `update.py`: whole arrays at once, trains as tables of
true and false, the same bits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from archsim.kernels.even_trains import COLUMN_STEPS, LINE_STEP, ROW_STEPS, SPREAD_STEPS
from archsim.kernels.generators import CLOCK, COLUMNS, IDEAL, ROWS, SOURCE
from archsim.kernels.generators_reference import clocks_reference, generated_reference
from archsim.kernels.random import TRAIN_COLUMN, TRAIN_ROW, UPDATE, WRITE
from archsim.kernels.random_reference import (
    normal_reference,
    row_key_reference,
    stream_key_reference,
    uniform_reference,
    words_reference,
)
from archsim.kernels.records import Cells, Draws, Trains


@dataclass(frozen=True)
class LawReference:
    """A device law in NumPy: step(weight, up, count, noise, planes, law) on whole arrays, `planes`
    a sequence of (M, N) arrays.
    """

    step: Callable
    aggregated: bool = False
    paired: bool = False
    even_noise: bool = False


def plan_reference(
    rate, granularity, longest, input_max, error_max, manage_update, manage_length
) -> tuple[int, float, float]:
    """Slots, C_x and C_d; see `trains.plan_train`."""
    if not (input_max > 0 and error_max > 0):
        return 0, 0.0, 0.0
    x, d = float(input_max), float(error_max)
    wanted = rate * x * d / granularity
    slots = min(longest, max(1, math.ceil(wanted))) if manage_length else longest
    both = math.sqrt(rate / (slots * granularity))
    if manage_length and manage_update and wanted > longest:
        d *= longest / wanted
    ratio = math.sqrt(d / x) if manage_update else 1.0
    return slots, both * ratio, both / ratio


def trains_reference(values, factor, slots, key) -> np.ndarray:
    """Stochastic trains as a boolean array (slots, lines)."""
    limits = np.floor(np.minimum(np.abs(values).astype(np.float64) * factor, 1.0) * 2.0**32).astype(
        np.uint64
    )
    words = words_reference(
        key, (np.arange((slots + 1) // 2)[:, None] << 32) + np.arange(len(values))
    )
    halves = np.stack([words & np.uint64(0xFFFFFFFF), words >> np.uint64(32)], axis=1).reshape(
        -1, len(values)
    )
    return halves[:slots] < limits


def random_reference(side, values, factor, slots, clock, lines, generators, key) -> np.ndarray:
    """Random trains (slots, lines of the side) from generators, or independent ones from `key`."""
    if generators.state[SOURCE] == IDEAL:
        return trains_reference(values, factor, slots, key)
    return generated_reference(values, factor, slots, clock, side, lines, generators)


def both_reference(error_side, input_side, slots, number, generators):
    """Trains of rows and columns from (values, factor, key) of each side; generators run on. `number`
    is that of an update with deterministic trains, else None.
    """
    if number is not None:
        return (
            spread_reference(*error_side[:2], slots, True, number),
            spread_reference(*input_side[:2], slots, False, number),
        )
    lines = len(error_side[0]) + len(input_side[0])
    clock = int(generators.state[CLOCK])
    generators.state[CLOCK] += clocks_reference(slots, lines, generators)
    return tuple(
        random_reference(side, *values[:2], slots, clock, lines, generators, values[2])
        for side, values in ((ROWS, error_side), (COLUMNS, input_side))
    )


def phases_reference(number, lines, steps) -> np.ndarray:
    """`even_trains.walked_phase` of every line, float64 (lines,)."""
    image, vector = (np.uint64(part) for part in number)
    with np.errstate(over="ignore"):
        words = image * steps[0] + vector * steps[1]
        words = words + np.arange(lines, dtype=np.uint64) * LINE_STEP
    return (words >> np.uint64(11)).astype(np.float64) * 2.0**-53


def spread_reference(values, factor, slots, prefix, number) -> np.ndarray:
    """Deterministic trains as a boolean array (slots, lines) in update `number` = (image, vector);
    see `even_trains.spread_trains`.
    """
    steps = ROW_STEPS if prefix else COLUMN_STEPS
    wanted = np.minimum(np.abs(values).astype(np.float64) * factor, 1.0) * slots
    pulses = np.floor(wanted + phases_reference(number, len(values), steps)).astype(int)
    slot = np.arange(slots)[:, None]
    if prefix:
        return slot < pulses
    begin = (phases_reference(number, len(values), SPREAD_STEPS) * slots).astype(int)
    return ((slot + 1) * pulses + begin) // slots > (slot * pulses + begin) // slots


def move_reference(cells: Cells, law: LawReference, signed: np.ndarray, keys: np.ndarray) -> None:
    """signed[i, j] pulses to each device of `cells`, in place; `keys` (M, 1) row keys."""
    weights = cells.weights
    state = cells.state
    planes = cells.planes
    columns = np.arange(weights.shape[1])
    draw = uniform_reference if law.even_noise else normal_reference
    for part in range(state.shape[1]):
        pulses = np.maximum(signed if part == 0 else -signed, 0) if law.paired else np.abs(signed)
        up = np.ones(signed.shape, bool) if law.paired else signed > 0
        values = [planes[:, part, p] for p in range(planes.shape[2])]
        for call in range(min(pulses.max(initial=0), 1 if law.aggregated else 64)):
            noise = draw(row_key_reference(row_key_reference(keys, part), call), columns)
            count = np.float32(1.0)
            if law.aggregated:
                count = pulses.astype(np.float32)
                noise = np.sqrt(count) * noise
            new = law.step(state[:, part], up, count, noise, values, cells.law)
            assert new.dtype == np.float32, "a law computes in float32"
            new = np.minimum(np.maximum(new, values[2]), values[3])
            state[:, part] = np.where(pulses > call, new, state[:, part])
    if law.paired or cells.write_noise > 0:
        seen = state[:, 0] - state[:, 1] if law.paired else state[:, 0]
        seen = seen + np.float32(cells.write_noise) * normal_reference(keys, columns)
        weights[...] = np.where(signed != 0, seen, weights)


def update_reference(
    cells: Cells,
    law: LawReference,
    inputs: Sequence[np.ndarray] | np.ndarray,
    errors: Sequence[np.ndarray] | np.ndarray,
    trains: Trains,
    keys: Draws,
) -> tuple[np.ndarray, np.ndarray]:
    """The update of every (input, error) pair in place, as `update.LawKernels.update`.

    Where nothing is hidden `cells.state[:, 0]` must be a view of `cells.weights`.

    Args:
        cells: the devices.
        law: their law.
        inputs: (V, N).
        errors: (V, M).
        trains: how trains are made; their generators run on.
        keys: of the random numbers.

    Returns:
        counts as `update.COUNTS`, and writes (M, N).
    """
    counts = np.zeros(8, np.int64)
    writes = np.zeros(cells.weights.shape, np.int32)
    streams = [
        stream_key_reference(keys.seed, keys.step, keys.tile, stream)
        for stream in (TRAIN_ROW, TRAIN_COLUMN, UPDATE)
    ]
    for v, (x, d) in enumerate(zip(inputs, errors)):
        number = int(keys.first) + v
        slots, input_factor, error_factor = plan_reference(
            trains.rate,
            trains.granularity,
            trains.longest,
            np.abs(x).max(),
            np.abs(d).max(),
            trains.manage_update,
            trains.manage_length,
        )
        if slots == 0:
            continue
        row_stream, column_stream, update_stream = (
            row_key_reference(stream, number) for stream in streams
        )
        rows, columns = both_reference(
            (d, error_factor, row_stream),
            (x, input_factor, column_stream),
            slots,
            (keys.step, number) if trains.deterministic else None,
            trains.generators,
        )
        coincidences = rows.T.astype(int) @ columns.astype(int)
        signed = coincidences * np.where(d > 0, 1, -1)[:, None] * np.where(x > 0, 1, -1)
        move_reference(
            cells, law, signed, row_key_reference(update_stream, np.arange(len(d)))[:, None]
        )
        writes += coincidences.astype(np.int32)
        counts[:5] += (1, slots, rows.sum(), columns.sum(), coincidences.sum())
    return counts, writes


def pulse_reference(cells: Cells, law: LawReference, signed: np.ndarray, keys: Draws) -> None:
    """signed[i, j] pulses to each device, in place; see `update.LawKernels.pulse`."""
    stream = stream_key_reference(keys.seed, keys.step, keys.tile, WRITE)
    rows = row_key_reference(stream, np.arange(len(cells.weights)))[:, None]
    move_reference(cells, law, signed, rows)
