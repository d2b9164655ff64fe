"""The pulsed update of a crossbar, specialised for a device law.

`specialise(step)` builds the compiled kernels of one law from its step function, a plain function
marked with `device_law`:

    step(weight, up, count, noise, planes, j, law) -> new weight

for `count` pulses (float32) in one direction, `noise` a standard normal number times sqrt(count);
`planes[p, j]` is parameter p of the device at column j (0 up step, 1 down step, 2 lower bound, 3
upper bound, further ones as the law likes), `law` a tuple of the law's scalars (float32). The
kernel clips to the bounds afterwards. A law that reads its planes before it chooses by `up` is
vectorised; a read inside the choice made it ten times slower. Only coincidences act: a
half-selected device does not move.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from archsim.kernels import moves
from archsim.kernels.compiled import count_ones, template
from archsim.kernels.compiled import device_law as device_law  # laws import it from here
from archsim.kernels.product import largest
from archsim.kernels.random import (
    TRAIN_COLUMN,
    TRAIN_ROW,
    UPDATE,
    WRITE,
    normal,
    row_key,
    stream_key,
    uniform,
)
from archsim.kernels.refresh import refresh as refresh_pairs
from archsim.kernels.trains import count_pulses, draw_trains, plan_train, spread_trains

U = np.uint64
ZERO, NONE = np.float32(0.0), np.int32(0)
LOWER, UPPER = 2, 3
COUNTS = (
    "updates",
    "slots",
    "row_pulses",
    "column_pulses",
    "coincidences",
    "refreshes",
    "refresh_pulses",
    "left_outside",
)
# An update with fewer pulsed columns than one in SPARSE walks an index list instead of whole rows;
# the bits are the same.
SPARSE = 10
move_row, move_some = moves.move_row, moves.move_some  # replaced by a law's own


class LawKernels(NamedTuple):
    """The compiled kernels of a law. Arrays: weights (M, N) float32 as a read sees them; state (M,
    S, N) what pulses act on (S = 2 for one-sided pairs; where nothing is hidden, state[:, 0] is
    weights itself); planes (M, S, P, N); counts int64 as `COUNTS`; writes int32 (M, N), or (0, 0)
    not to count them. seed, step, tile, first: uint64 keys.

    update(weights, state, planes, law, inputs, errors, rate, granularity, longest, manage_update,
           manage_length, deterministic, write_noise, seed, step, tile, first, counts, writes): the
           update of every (input, error) pair, one after the other.
    pulse(weights, state, planes, law, signed, write_noise, seed, step, tile, counts, writes):
    signed[i, j] (int32) pulses to each device.
    refresh(weights, state, planes, law, upper, lower, target, spread, most, write_noise, seed,
            step, tile, counts, writes): pairs only; see `refresh.refresh`.
    """

    update: Callable
    pulse: Callable
    refresh: Callable


def specialise(
    step: Callable, *, aggregated: bool = False, paired: bool = False, even_noise: bool = False
) -> LawKernels:
    """The kernels of one device law; compiled on first use and kept on disk under the digest of the
    law and all it reaches.

    `aggregated`: the law is linear in the count away from the bounds, so all coincidences of an
    update are one call and one number; any other law is called pulse by pulse with count 1, all
    columns of a row side by side so that LLVM can vectorise it.
    `paired`: weight = state[0] - state[1], each device is pulsed up only. `even_noise`: `noise` is
    uniform in [0, 1) instead.
    """
    pulses_of = moves.pulses_of_pair if paired else moves.pulses_of_single
    names = {
        "step": step,
        "AGGREGATED": aggregated,
        "PAIRED": paired,
        "draw": uniform if even_noise else normal,
        "pulses_of": pulses_of,
    }
    row, some = (template(function, **names) for function in (moves.move_row, moves.move_some))
    refresh = template(refresh_pairs, step=step, draw=names["draw"])
    return LawKernels(
        *(template(function, move_row=row, move_some=some) for function in (_update, _pulse)),
        refresh,
    )


def _update(
    weights,
    state,
    planes,
    law,
    inputs,
    errors,
    rate,
    granularity,
    longest,
    manage_update,
    manage_length,
    deterministic,
    write_noise,
    seed,
    step_number,
    tile,
    first,
    counts,
    writes,
):
    rows, columns = weights.shape
    row_trains = np.empty(rows, np.uint64)
    column_trains = np.empty(columns, np.uint64)
    signed = np.empty(columns, np.int32)
    input_sign = np.empty(columns, np.int32)
    listed = np.empty(columns, np.int64)
    limits = np.empty(max(rows, columns), np.uint64)
    row_stream = stream_key(seed, step_number, tile, TRAIN_ROW)
    column_stream = stream_key(seed, step_number, tile, TRAIN_COLUMN)
    update_stream = stream_key(seed, step_number, tile, UPDATE)
    for v in range(inputs.shape[0]):
        x = inputs[v]
        d = errors[v]
        number = first + U(v)
        slots, input_factor, error_factor = plan_train(
            rate, granularity, longest, largest(x), largest(d), manage_update, manage_length
        )
        if slots == 0:
            continue
        if deterministic:
            spread_trains(d, error_factor, slots, True, row_trains)
            spread_trains(x, input_factor, slots, False, column_trains)
        else:
            draw_trains(d, error_factor, slots, row_key(row_stream, number), limits, row_trains)
            draw_trains(
                x, input_factor, slots, row_key(column_stream, number), limits, column_trains
            )
        row_pulses = count_pulses(row_trains)
        column_pulses = count_pulses(column_trains)
        counts[0] += 1
        counts[1] += slots
        counts[2] += row_pulses
        counts[3] += column_pulses
        if row_pulses == 0 or column_pulses == 0:
            continue
        active = NONE
        for j in range(columns):
            input_sign[j] = np.int32(1) if x[j] > ZERO else np.int32(-1)
            active += np.int32(column_trains[j] != U(0))
        sparse = active * SPARSE < columns
        key = row_key(update_stream, number)
        if sparse:
            active = NONE
            for j in range(columns):
                listed[active] = j
                active += np.int32(column_trains[j] != U(0))
        for i in range(rows):
            train = row_trains[i]
            if train == U(0):
                continue
            sign = np.int32(1) if d[i] > ZERO else np.int32(-1)
            total = NONE
            if sparse:
                for place in range(active):
                    j = listed[place]
                    pulses = np.int32(count_ones(train & column_trains[j]))
                    signed[j] = pulses * input_sign[j] * sign
                    total += pulses
                move_some(
                    weights[i],
                    state[i],
                    planes[i],
                    law,
                    signed,
                    listed,
                    active,
                    write_noise,
                    row_key(key, U(i)),
                )
            else:
                for j in range(columns):
                    pulses = np.int32(count_ones(train & column_trains[j]))
                    signed[j] = pulses * input_sign[j] * sign
                    total += pulses
                move_row(
                    weights[i], state[i], planes[i], law, signed, write_noise, row_key(key, U(i))
                )
            counts[4] += total
            if writes.shape[0] > 0:
                for j in range(columns):
                    writes[i, j] += np.int32(count_ones(train & column_trains[j]))


def _pulse(
    weights, state, planes, law, signed, write_noise, seed, step_number, tile, counts, writes
):
    key = stream_key(seed, step_number, tile, WRITE)
    for i in range(weights.shape[0]):
        move_row(weights[i], state[i], planes[i], law, signed[i], write_noise, row_key(key, U(i)))
        for j in range(weights.shape[1]):
            counts[4] += abs(signed[i, j])
            if writes.shape[0] > 0:
                writes[i, j] += abs(signed[i, j])
