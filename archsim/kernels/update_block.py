"""The pulsed update for a block of vectors (lines, V): the bits of `kernels.update`, drawing only
what can coincide.

The row trains of all vectors are drawn first; in a converging network few error lines pulse, so
most vectors need no column trains.
Column pulses of vectors whose column trains were not drawn enter the counts by their expected
number.
"""

from __future__ import annotations

import numpy as np

from archsim.kernels import moves
from archsim.kernels.compiled import count_ones, kernel
from archsim.kernels.random import TRAIN_COLUMN, TRAIN_ROW, UPDATE, row_key, stream_key, word_at
from archsim.kernels.trains import count_pulses, draw_trains, plan_train, spread_trains
from archsim.kernels.update import SPARSE

U = np.uint64
ZERO = np.float32(0.0)
ONE = np.float32(1.0)
NONE = np.int32(0)
_HALF_WORD = U(0xFFFFFFFF)
UPDATES, SLOTS, ROW_PULSES, COLUMN_PULSES, COINCIDENCES, DRAWN = range(6)
move_row, move_some = moves.move_row, moves.move_some  # replaced by a law's own


@kernel
def draw_block(errors, factors, slots, keys, longest, trains, active):
    """Row trains of every vector: trains[line, v]; active[v] gets the OR of its trains. The bits of
    `kernels.trains.draw_trains`.
    """
    active[:] = U(0)
    count = factors.shape[0]
    for line in range(errors.shape[0]):
        values, row = errors[line], trains[line]
        row[:] = U(0)
        for pair in range((longest + 1) // 2):
            low = U(2 * pair)
            high = U(2 * pair + 1)
            place = (U(pair) << U(32)) + U(line)
            for v in range(count):
                limit = U(
                    np.int64(min(np.float64(abs(values[v])) * factors[v], 1.0) * 4294967296.0)
                )
                word = word_at(keys[v], place)
                first = U((word & _HALF_WORD) < limit) & U(slots[v] > np.int64(low))
                second = U((word >> U(32)) < limit) & U(slots[v] > np.int64(high))
                row[v] |= (first << low) | (second << high)
        for v in range(count):
            active[v] |= row[v]


@kernel
def expect_pulses(values, factors, expected):
    """expected[v] = pulses a slot on all lines together, the sum of their probabilities."""
    expected[:] = ZERO
    for line in range(values.shape[0]):
        row = values[line]
        for v in range(expected.shape[0]):
            expected[v] += min(abs(row[v]) * np.float32(factors[v]), ONE)


def update_block(
    weights,
    state,
    planes,
    law,
    inputs,
    errors,
    input_peaks,
    error_peaks,
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
    words,
):
    """W += rate d x^T by pulses for the vectors x = inputs[:, v] (N, V) and d = errors[:, v] (M,
    V), one after the other.

    Other arguments as `kernels.update.LawKernels.update`; peaks as `crossbar.find_peaks`; counts
    float64 in the order of the constants; writes int32 (M, N), or (0, 0); `words` uint64: room for
    (M + 2) V + M + 2 N numbers.
    """
    rows, columns = weights.shape
    count = inputs.shape[1]
    trains = words[: rows * count].reshape(rows, count)
    keys = words[rows * count : (rows + 1) * count]
    active = words[(rows + 1) * count : (rows + 2) * count]
    place = (rows + 2) * count
    column_trains = words[place : place + columns]
    limits = words[place + columns : place + 2 * columns]
    row_trains = words[place + 2 * columns : place + 2 * columns + rows]
    slots = np.empty(count, np.int64)
    expected = np.empty(count, np.float32)
    row_factors = np.empty(count, np.float64)
    column_factors = np.empty(count, np.float64)
    x = np.empty(columns, np.float32)
    d = np.empty(rows, np.float32)
    signed = np.empty(columns, np.int32)
    listed = np.empty(columns, np.int64)
    row_stream = stream_key(seed, step_number, tile, TRAIN_ROW)
    column_stream = stream_key(seed, step_number, tile, TRAIN_COLUMN)
    update_stream = stream_key(seed, step_number, tile, UPDATE)
    most = 0
    for v in range(count):
        slots[v], column_factors[v], row_factors[v] = plan_train(
            rate, granularity, longest, input_peaks[v], error_peaks[v], manage_update, manage_length
        )
        most = max(most, slots[v])
        keys[v] = row_key(row_stream, first + U(v))
        counts[UPDATES] += slots[v] > 0
        counts[SLOTS] += slots[v]
    if deterministic:
        for v in range(count):
            active[v] = U(0)
            for i in range(rows):
                d[i] = errors[i, v]
            spread_trains(d, row_factors[v], slots[v], True, row_trains)
            for i in range(rows):
                trains[i, v] = row_trains[i]
                active[v] |= row_trains[i]
    else:
        draw_block(errors, row_factors, slots, keys, most, trains, active)
    expect_pulses(inputs, column_factors, expected)
    for v in range(count):
        if active[v] == U(0):
            counts[COLUMN_PULSES] += expected[v] * slots[v]
            continue
        for j in range(columns):
            x[j] = inputs[j, v]
        if deterministic:
            spread_trains(x, column_factors[v], slots[v], False, column_trains)
        else:
            draw_trains(
                x,
                column_factors[v],
                slots[v],
                row_key(column_stream, first + U(v)),
                limits,
                column_trains,
            )
        counts[DRAWN] += 1
        counts[COLUMN_PULSES] += count_pulses(column_trains)
        number = 0
        for j in range(columns):
            if column_trains[j] & active[v] != U(0):
                listed[number] = j
                number += 1
        sparse = number * SPARSE < columns
        key = row_key(update_stream, first + U(v))
        for i in range(rows):
            train = trains[i, v]
            if train == U(0):
                continue
            counts[ROW_PULSES] += np.int64(count_ones(train))
            if number == 0:
                continue
            sign = np.int32(1) if errors[i, v] > ZERO else np.int32(-1)
            total = NONE
            if sparse:
                for index in range(number):
                    j = listed[index]
                    pulses = np.int32(count_ones(train & column_trains[j]))
                    signed[j] = pulses * (sign if x[j] > ZERO else -sign)
                    total += pulses
                move_some(
                    weights[i],
                    state[i],
                    planes[i],
                    law,
                    signed,
                    listed,
                    number,
                    write_noise,
                    row_key(key, U(i)),
                )
            else:
                for j in range(columns):
                    pulses = np.int32(count_ones(train & column_trains[j]))
                    signed[j] = pulses * (sign if x[j] > ZERO else -sign)
                    total += pulses
                move_row(
                    weights[i], state[i], planes[i], law, signed, write_noise, row_key(key, U(i))
                )
            counts[COINCIDENCES] += total
            if writes.shape[0] > 0 and total > 0:
                for index in range(number):
                    j = listed[index]
                    writes[i, j] += abs(signed[j])
