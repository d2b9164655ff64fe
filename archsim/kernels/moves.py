"""Pulses applied to the devices of one row: templates that `update.specialise` completes with a
device law.

The names in capitals and `step`, `draw`, `pulses_of` are replaced before compilation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from archsim.kernels.compiled import borrowed, count_ones, kernel, template
from archsim.kernels.random import normal, row_key, uniform
from archsim.kernels.trains import START
from archsim.kernels.views import ask_for

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
    signed = borrowed(signed)
    columns = state.shape[1]
    for part in range(state.shape[0]):
        most = NONE
        for j in range(columns):
            most = max(most, pulses_of(signed[j], part))
        # All pulses in one step of the law, whose noise grows with the root of their number.
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
                xi = draw(call_key, U(j))
                old = held[j]
                count = pulses if AGGREGATED else ONE
                new = step(old, up, count, np.sqrt(count) * xi, values, j, law)
                new = min(max(new, values[LOWER, j]), values[UPPER, j])
                # All are moved and those without a pulse put back: no branch in the loop.
                held[j] = new if pulses > np.float32(call) else old
    if PAIRED or write_noise > ZERO:
        for j in range(columns):
            seen = (state[0, j] - state[1, j]) if PAIRED else state[0, j]
            seen += write_noise * normal(key, U(j))
            visible[j] = seen if signed[j] != 0 else visible[j]


def move_some(visible, state, planes, law, signed, listed, number, write_noise, key, noise):
    """`move_row` for the first `number` columns of `listed`, with signed[n] pulses to the n-th; the
    same bits. `noise` float32, as long at least, to work in.
    """
    signed = borrowed(signed)
    listed = borrowed(listed)
    noise = borrowed(noise)
    for part in range(state.shape[0]):
        held = borrowed(state[part])
        values = borrowed(planes[part])
        part_key = row_key(key, U(part))
        first_key = row_key(part_key, U(0))
        for index in range(number):
            count = np.float32(pulses_of(signed[index], part)) if AGGREGATED else ONE
            noise[index] = np.sqrt(count) * draw(first_key, U(listed[index]))
        for index in range(number):
            j = listed[index]
            pulses = pulses_of(signed[index], part)
            if PAIRED and pulses == NONE:
                continue
            up = PAIRED or signed[index] > 0
            count = np.float32(pulses) if AGGREGATED else ONE
            new = step(held[j], up, count, noise[index], values, j, law)
            new = min(max(new, values[LOWER, j]), values[UPPER, j])
            if not AGGREGATED:
                for call in range(1, pulses):
                    xi = draw(row_key(part_key, U(call)), U(j))
                    new = step(new, up, ONE, xi, values, j, law)
                    new = min(max(new, values[LOWER, j]), values[UPPER, j])
            held[j] = new
    if PAIRED or write_noise > ZERO:
        for index in range(number):
            j = listed[index]
            seen = (state[0, j] - state[1, j]) if PAIRED else state[0, j]
            visible[j] = seen + write_noise * normal(key, U(j))


def pulse_rows(
    weights,
    state,
    planes,
    law,
    write_noise,
    row_trains,
    rows,
    row_number,
    errors,
    columns,
    inputs,
    listed,
    number,
    sparse,
    signed,
    met,
    noise,
    key,
    writes,
):
    """The pulses of some rows, where their trains meet those of the columns.

    Loose arguments: a record that is made or looked into once a vector costs counts of references,
    a tenth of an update.

    Args:
        weights, state, planes, law, write_noise: the fields of `records.Cells`.
        row_trains, errors: uint64 and float32 (M,); the sign of an error counts.
        rows, row_number: those that pulse, int64.
        columns, inputs: trains uint64 and values float32 (N,), whose signs count.
        listed, number: the columns that pulse. `sparse`: they are few, the list is walked instead
            of whole rows, to the same bits.
        signed, met, noise: int32, int64 and float32 (N,), room to work.
        key: of the vector's random numbers.
        writes: as in `records.Tally`.

    Returns: the number of pulses.
    """
    row_trains = borrowed(row_trains)
    rows = borrowed(rows)
    errors = borrowed(errors)
    columns = borrowed(columns)
    inputs = borrowed(inputs)
    listed = borrowed(listed)
    signed = borrowed(signed)
    met = borrowed(met)
    coincidences = 0
    width = state.shape[2]
    state_row = state.shape[1] * width
    planes_row = planes.shape[1] * planes.shape[2] * width
    # Rows of devices that are alike share one, which the caches hold.
    last = planes.shape[0] - 1
    apart = planes.shape[2] if last > 0 else 0
    for n in range(row_number):
        i = rows[n]
        train = row_trains[i]
        sign = ONCE if errors[i] > ZERO else -ONCE
        hits = START
        row = row_key(key, U(i))
        for index in range(number if sparse else 0):
            j = listed[index]
            pulses = np.int32(count_ones(train & columns[j]))
            # Written always, kept where it counts: no branch to be guessed wrong.
            met[hits] = j
            ask_for(state, i * state_row + j)
            for parameter in range(apart):
                ask_for(planes, i * planes_row + parameter * width + j)
            ask_for(writes, i * width + j)
            signed[hits] = pulses * (sign if inputs[j] > ZERO else -sign)
            hits += pulses != NONE
            coincidences += pulses
        values = planes[min(i, last)]
        if sparse:
            move_some(weights[i], state[i], values, law, signed, met, hits, write_noise, row, noise)
            for index in range(hits if writes.shape[0] > 0 else 0):
                writes[i, met[index]] += abs(signed[index])
            continue
        for j in range(signed.shape[0]):
            pulses = np.int32(count_ones(train & columns[j]))
            signed[j] = pulses * (sign if inputs[j] > ZERO else -sign)
            coincidences += pulses
        move_row(weights[i], state[i], values, law, signed, write_noise, row)
        for index in range(number if writes.shape[0] > 0 else 0):
            j = listed[index]
            writes[i, j] += abs(signed[j])
    return coincidences


class Movers(NamedTuple):
    """The compiled moves of one device law."""

    row: Callable
    some: Callable
    pulse: Callable
    draw: Callable


def movers(
    step: Callable, *, aggregated: bool = False, paired: bool = False, even_noise: bool = False
) -> Movers:
    """The moves of a law; see `update.specialise` for the flags."""
    noise = uniform if even_noise else normal
    names = {
        "step": step,
        "AGGREGATED": aggregated,
        "PAIRED": paired,
        "draw": noise,
        "pulses_of": pulses_of_pair if paired else pulses_of_single,
    }
    row = template(move_row, **names)
    some = template(move_some, **names)
    return Movers(row, some, template(pulse_rows, move_row=row, move_some=some), noise)
