"""Row trains of a block of vectors, and the pulses that its column trains are expected to have."""

from __future__ import annotations

import numpy as np

from archsim.kernels.compiled import borrowed, kernel
from archsim.kernels.even_trains import spread_trains
from archsim.kernels.random import word_at
from archsim.kernels.trains import EVERY_SLOT, limit_of, list_pulsed, slots_of, two_slots

U = np.uint64
ZERO, ONE = np.float32(0.0), np.float32(1.0)
ROUNDER = np.float32(1.5 * 2.0**23)  # see `generators`


@kernel
def draw_block(errors, factors, slots, keys, trains, active, room):
    """Row trains of every vector: trains[line, v]; active[v] gets the OR of its trains. The bits of
    `kernels.trains.draw_trains`.

    Most lines pulse in no vector, but to draw all numbers side by side takes less time than to find
    those that matter. `room` uint64 (2, V), to work in.
    """
    factors = borrowed(factors)
    slots = borrowed(slots)
    keys = borrowed(keys)
    active = borrowed(active)
    trains = borrowed(trains)
    errors = borrowed(errors)
    room = borrowed(room)
    limits = room[0]
    lasts = room[1]
    count = factors.shape[0]
    longest = 0
    for v in range(count):
        active[v] = U(0)
        lasts[v] = slots_of(slots[v])
        longest = max(longest, slots[v])
    for line in range(errors.shape[0]):
        values = errors[line]
        row = trains[line]
        for v in range(count):
            limits[v] = limit_of(values[v], factors[v])
        row[:] = U(0)
        for pair in range((longest + 1) // 2):
            low = U(2 * pair)
            position = (U(pair) << U(32)) + U(line)
            for v in range(count):
                bits = two_slots(word_at(keys[v], position), limits[v])
                row[v] |= (bits << low) & lasts[v]
        for v in range(count):
            active[v] |= row[v]


@kernel
def turn_trains(trains, turned):
    """turned[v, line] = trains[line, v]: a walk down the lines of each vector would take a line of the
    cache for each of them.
    """
    count = trains.shape[1]
    turned = borrowed(turned)
    for v in range(count):
        for line in range(turned.shape[1]):
            turned[v, line] = U(0)
    pulsing = np.empty(count, np.int64)
    for line in range(trains.shape[0]):
        row = borrowed(trains[line])
        for n in range(list_pulsed(row, EVERY_SLOT, pulsing)):
            turned[pulsing[n], line] = row[pulsing[n]]


@kernel
def list_active(trains, active):
    """active[v] = the OR of the trains (lines, V) of vector v."""
    active[:] = U(0)
    for line in range(trains.shape[0]):
        for v in range(active.shape[0]):
            active[v] |= trains[line, v]


@kernel
def expect_pulses(values, factors, expected):
    """expected[v] = pulses a slot on all lines together, the sum of their probabilities."""
    factors = short_factors(factors)
    expected = borrowed(expected)
    expected[:] = ZERO
    for line in range(values.shape[0]):
        row = borrowed(values[line])
        for v in range(expected.shape[0]):
            expected[v] += min(abs(row[v]) * factors[v], ONE)


@kernel
def short_factors(factors):
    """The factors as float32, which a loop over lines takes once."""
    short = np.empty(factors.shape[0], np.float32)
    for v in range(short.shape[0]):
        short[v] = np.float32(factors[v])
    return short


@kernel
def expect_levels(values, factors, drive, expected):
    """`expect_pulses` of generators: probabilities are rounded to their levels."""
    factors = short_factors(factors)
    expected = borrowed(expected)
    expected[:] = ZERO
    scale = np.float32(drive.period)
    highest = np.float32(drive.highest)
    one = np.float32(1.0 / drive.period)
    for line in range(values.shape[0]):
        row = borrowed(values[line])
        for v in range(expected.shape[0]):
            share = min(abs(row[v]) * factors[v], ONE)
            level = (share * scale + ROUNDER) - ROUNDER
            expected[v] += min(level, highest) * one


@kernel
def spread_block(errors, factors, slots, numbers, trains, active, row_trains):
    """`draw_block` for deterministic trains; numbers[v] of the updates."""
    rows = errors.shape[0]
    d = np.empty(rows, np.float32)
    for v in range(factors.shape[0]):
        active[v] = U(0)
        for i in range(rows):
            d[i] = errors[i, v]
        spread_trains(d, factors[v], slots[v], True, numbers[v], row_trains)
        for i in range(rows):
            trains[i, v] = row_trains[i]
            active[v] |= row_trains[i]
