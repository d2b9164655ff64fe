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

from archsim.kernels import moves, refresh
from archsim.kernels.compiled import borrowed, template
from archsim.kernels.compiled import device_law as device_law  # laws import it from here
from archsim.kernels.even_trains import update_number
from archsim.kernels.generators import CLOCK, COLUMNS, ROWS, clocks_of, drive_of
from archsim.kernels.product import largest
from archsim.kernels.random import TRAIN_COLUMN, TRAIN_ROW, UPDATE, WRITE, row_key, stream_key
from archsim.kernels.trains import EVERY_SLOT, count_pulses, list_pulsed, make_trains, plan_train

U = np.uint64
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
SPARSE = 4
UPDATES, SLOTS, ROW_PULSES, COLUMN_PULSES, COINCIDENCES = range(5)  # places in COUNTS
# replaced by a law's own
move_row = moves.move_row
pulse_rows = moves.pulse_rows


class LawKernels(NamedTuple):
    """The compiled kernels of a law. Records are those of `records`; counts int64 as `COUNTS`.

    update(cells, inputs, errors, trains, draws, tally): the update of every (input, error) pair of
        inputs (V, N) and errors (V, M), one after the other.
    pulse(cells, signed, draws, tally): signed[i, j] (int32) pulses to each device.
    refresh(cells, limits, draws, tally): pairs only; see `refresh.refresh`.
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
    own = moves.movers(step, aggregated=aggregated, paired=paired, even_noise=even_noise)
    return LawKernels(
        template(_update, pulse_rows=own.pulse),
        template(_pulse, move_row=own.row),
        refresh.specialise(step, own.draw),
    )


def _update(cells, inputs, errors, trains, draws, tally):
    cells = borrowed(cells)
    tally = borrowed(tally)
    inputs = borrowed(inputs)
    errors = borrowed(errors)
    trains = borrowed(trains)
    rows, columns = cells.weights.shape
    row_trains = np.empty(rows, np.uint64)
    column_trains = np.empty(columns, np.uint64)
    signed = np.empty(columns, np.int32)
    listed = np.empty(columns, np.int64)
    pulsing = np.empty(rows, np.int64)
    met = np.empty(columns, np.int64)
    noise = np.empty(columns, np.float32)
    limits = np.empty(max(rows, columns), np.uint64)
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
    generators = trains.generators.state
    lines = rows + columns
    of_rows = drive_of(trains.generators, ROWS, rows, lines, trains.longest)
    of_columns = drive_of(trains.generators, COLUMNS, columns, lines, trains.longest)
    even = trains.deterministic
    for v in range(inputs.shape[0]):
        x = inputs[v]
        d = errors[v]
        number = draws.first + U(v)
        slots, input_factor, error_factor = plan_train(
            trains.rate,
            trains.granularity,
            trains.longest,
            largest(x),
            largest(d),
            trains.manage_update,
            trains.manage_length,
        )
        if slots == 0:
            continue
        clock = generators[CLOCK]
        generators[CLOCK] += clocks_of(slots, lines, generators)
        update = update_number(draws.step, number)
        key = update if even else row_key(row_stream, number)
        make_trains(d, error_factor, slots, even, of_rows, clock, key, limits, row_trains)
        key = update if even else row_key(column_stream, number)
        make_trains(x, input_factor, slots, even, of_columns, clock, key, limits, column_trains)
        row_pulses = count_pulses(row_trains)
        column_pulses = count_pulses(column_trains)
        counts[UPDATES] += 1
        counts[SLOTS] += slots
        counts[ROW_PULSES] += row_pulses
        counts[COLUMN_PULSES] += column_pulses
        if row_pulses == 0 or column_pulses == 0:
            continue
        active = list_pulsed(column_trains, EVERY_SLOT, listed)
        counts[COINCIDENCES] += pulse_rows(
            weights,
            state,
            planes,
            law,
            write_noise,
            row_trains,
            pulsing,
            list_pulsed(row_trains, EVERY_SLOT, pulsing),
            d,
            column_trains,
            x,
            listed,
            active,
            active * SPARSE < columns,
            signed,
            met,
            noise,
            row_key(update_stream, number),
            writes,
        )


def _pulse(cells, signed, draws, tally):
    cells = borrowed(cells)
    tally = borrowed(tally)
    weights = cells.weights
    state = cells.state
    planes = cells.planes
    law = cells.law
    write_noise = cells.write_noise
    counts = tally.counts
    writes = tally.writes
    key = stream_key(draws.seed, draws.step, draws.tile, WRITE)
    last = planes.shape[0] - 1
    for i in range(weights.shape[0]):
        values = planes[min(i, last)]
        move_row(weights[i], state[i], values, law, signed[i], write_noise, row_key(key, U(i)))
        for j in range(weights.shape[1]):
            counts[COINCIDENCES] += abs(signed[i, j])
            if writes.shape[0] > 0:
                writes[i, j] += abs(signed[i, j])
