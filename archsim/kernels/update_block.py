"""The pulsed update for a block of vectors (lines, V): the bits of `kernels.update`, drawing only
what can coincide.

The row trains of all vectors are drawn first; in a converging network few error lines pulse, so
most vectors need no column trains.
Column pulses of vectors whose column trains were not drawn enter the counts by their expected
number.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from archsim.kernels import moves
from archsim.kernels.comparators import generate_block, generate_trains
from archsim.kernels.compiled import borrowed, kernel, template
from archsim.kernels.drawn_trains import (
    draw_block,
    expect_levels,
    expect_pulses,
    list_active,
    spread_block,
    turn_trains,
)
from archsim.kernels.even_trains import spread_trains, update_number
from archsim.kernels.generators import CLOCK, COLUMNS, ROWS, clocks_of, drive_of
from archsim.kernels.random import TRAIN_COLUMN, TRAIN_ROW, UPDATE, row_key, stream_key
from archsim.kernels.trains import EVERY_SLOT, count_pulses, draw_trains, list_pulsed, plan_train
from archsim.kernels.turned import turn_inputs
from archsim.kernels.update import SPARSE
from archsim.kernels.vector_parts import SIDE
from archsim.kernels.views import view_at

U = np.uint64
UPDATES, SLOTS, ROW_PULSES, COLUMN_PULSES, COINCIDENCES, COLUMNS_DRAWN = range(6)
# replaced by a law's own
pulse_rows = moves.pulse_rows
# How trains are made: of independent bits that are drawn, evenly spread, or by generators. Machine
# code is made for one of them.
DRAWN, EVEN, GENERATED = range(3)
KIND = DRAWN


@kernel
def plan_block(inputs, errors, trains, lines, slots, column_factors, row_factors, clocks, counts):
    """Slots and factors of every vector (see `kernels.trains.plan_train`) and the clocks of the
    generators before it.
    """
    slots = borrowed(slots)
    column_factors = borrowed(column_factors)
    row_factors = borrowed(row_factors)
    clocks = borrowed(clocks)
    state = trains.generators.state
    for v in range(slots.shape[0]):
        slots[v], column_factors[v], row_factors[v] = plan_train(
            trains.rate,
            trains.granularity,
            trains.longest,
            inputs.peaks[v],
            errors.peaks[v],
            trains.manage_update,
            trains.manage_length,
        )
        clocks[v] = state[CLOCK]
        state[CLOCK] += clocks_of(slots[v], lines, state)
        counts[UPDATES] += slots[v] > 0
        counts[SLOTS] += slots[v]


def update_block(cells, inputs, errors, trains, draws, tally, words):
    """W += rate d x^T by pulses for the vectors x = inputs.values[:, v] (N, V) and d = errors.values[:,
    v] (M, V), one after the other.

    Args:
        cells, inputs, errors, trains, draws, tally: see `kernels.records`; counts float64 in the
            order of the constants above.
        words: uint64, room for (2 M + 2) V + M + 2 N numbers.
    """
    rows, columns = cells.weights.shape
    count = inputs.values.shape[1]
    drawn = view_at(words, 0, (rows, count))
    keys = view_at(words, rows * count, (count,))
    active = view_at(words, (rows + 1) * count, (count,))
    behind = (rows + 2) * count
    column_trains = view_at(words, behind, (columns,))
    limits = view_at(words, behind + columns, (columns,))
    slots = np.empty(count, np.int64)
    expected = np.empty(count, np.float32)
    row_factors = np.empty(count, np.float64)
    column_factors = np.empty(count, np.float64)
    turned = np.empty((min(SIDE, count), columns), np.float32)
    vectors = np.empty(turned.shape[0], np.int64)
    pulsing = np.empty(rows, np.int64)
    by_vector = view_at(words, behind + 2 * columns + rows, (count, rows))
    met_columns = np.empty(columns, np.int64)
    noise = np.empty(columns, np.float32)
    signed = np.empty(columns, np.int32)
    listed = np.empty(columns, np.int64)
    row_stream = stream_key(draws.seed, draws.step, draws.tile, TRAIN_ROW)
    column_stream = stream_key(draws.seed, draws.step, draws.tile, TRAIN_COLUMN)
    update_stream = stream_key(draws.seed, draws.step, draws.tile, UPDATE)
    # Records are taken apart before the loop: each look into one costs a count of its references.
    weights = cells.weights
    state = cells.state
    planes = cells.planes
    law = cells.law
    write_noise = cells.write_noise
    counts = tally.counts
    writes = tally.writes
    input_values, error_values = inputs.values, errors.values
    lines = rows + columns
    clocks = np.empty(count, np.int64)
    plan_block(inputs, errors, trains, lines, slots, column_factors, row_factors, clocks, counts)
    if KIND == DRAWN:
        for v in range(count):
            keys[v] = row_key(row_stream, draws.first + U(v))
        room = np.empty((2, count), np.uint64)
        draw_block(error_values, row_factors, slots, keys, drawn, active, room)
        expect_pulses(input_values, column_factors, expected)
    elif KIND == EVEN:
        room = view_at(words, behind + 2 * columns, (rows,))
        for v in range(count):
            keys[v] = update_number(draws.step, draws.first + U(v))
        spread_block(error_values, row_factors, slots, keys, drawn, active, room)
        expect_pulses(input_values, column_factors, expected)
    else:
        of_rows = drive_of(trains.generators, ROWS, rows, lines, trains.longest)
        of_columns = drive_of(trains.generators, COLUMNS, columns, lines, trains.longest)
        generate_block(error_values, row_factors, slots, clocks, of_rows, drawn)
        list_active(drawn, active)
        expect_levels(input_values, column_factors, of_columns, expected)
    turn_trains(drawn, by_vector)
    taken = turned_vectors = 0
    for v in range(count):
        if active[v] == U(0):
            counts[COLUMN_PULSES] += expected[v] * slots[v]
            continue
        while taken < turned_vectors and vectors[taken] != v:
            taken += 1
        if taken == turned_vectors:
            turned_vectors = turn_inputs(input_values, active, v, turned, vectors)
            taken = 0
            while vectors[taken] != v:
                taken += 1
        x = borrowed(turned[taken])
        number = draws.first + U(v)
        factor = column_factors[v]
        if KIND == DRAWN:
            key = row_key(column_stream, number)
            draw_trains(x, factor, slots[v], key, limits, column_trains)
        elif KIND == EVEN:
            spread_trains(x, factor, slots[v], False, keys[v], column_trains)
        else:
            generate_trains(x, factor, slots[v], clocks[v], of_columns, column_trains)
        counts[COLUMNS_DRAWN] += 1
        counts[COLUMN_PULSES] += count_pulses(column_trains)
        met = list_pulsed(column_trains, active[v], listed)
        counts[ROW_PULSES] += count_pulses(by_vector[v])
        if met > 0:
            key = row_key(update_stream, number)
            counts[COINCIDENCES] += pulse_rows(
                weights,
                state,
                planes,
                law,
                write_noise,
                by_vector[v],
                pulsing,
                list_pulsed(by_vector[v], EVERY_SLOT, pulsing),
                error_values[:, v],
                column_trains,
                x,
                listed,
                met,
                met * SPARSE < columns,
                signed,
                met_columns,
                noise,
                key,
                writes,
            )


def specialise(
    step: Callable,
    *,
    aggregated: bool = False,
    paired: bool = False,
    even_noise: bool = False,
    kind: int = DRAWN,
) -> Callable:
    """`update_block` for a device law; flags as `kernels.update.specialise`. `kind`: how its trains
    are made, a constant from above.
    """
    own = moves.movers(step, aggregated=aggregated, paired=paired, even_noise=even_noise)
    return template(update_block, pulse_rows=own.pulse, KIND=kind)
