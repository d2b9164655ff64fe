"""Row trains of a block of vectors, and the pulses that its column trains are expected to have."""

from __future__ import annotations

import numpy as np

from archsim.kernels.compiled import borrowed, kernel
from archsim.kernels.even_trains import spread_trains
from archsim.kernels.random import word_at

U = np.uint64
ZERO, ONE = np.float32(0.0), np.float32(1.0)
ROUNDER = np.float32(1.5 * 2.0**23)  # see `generators`
_HALF_WORD = U(0xFFFFFFFF)


@kernel
def draw_block(errors, factors, slots, keys, trains, active, room):
    """Row trains of every vector: trains[line, v]; active[v] gets the OR of its trains. The bits of
    `kernels.trains.draw_trains`.

    Behind a maximum pool three of four errors are zero, managed trains are short, and pulses are
    rare: the vectors are listed in which a line can pulse at all, their numbers are drawn side by
    side, and looked at one by one only where one of them pulses. `room` uint64 (4, V), to work in.
    """
    factors = borrowed(factors)
    slots = borrowed(slots)
    keys = borrowed(keys)
    active = borrowed(active)
    trains = borrowed(trains)
    errors = borrowed(errors)
    count = factors.shape[0]
    room = borrowed(room)
    listed = room[0]
    limits = room[1]
    own = room[2]
    drawn = room[3]
    longest = 0
    shortest = 64
    for v in range(count):
        active[v] = U(0)
        longest = max(longest, slots[v])
        shortest = min(shortest, slots[v] if slots[v] > 0 else shortest)
    for line in range(errors.shape[0]):
        values = errors[line]
        row = trains[line]
        for v in range(count):
            # Probabilities in units of 2^-32: a word of 64 random bits serves two slots.
            row[v] = U(np.int64(min(np.float64(abs(values[v])) * factors[v], 1.0) * 4294967296.0))
        number = U(0)
        for v in range(count):
            listed[number] = U(v)
            limits[number] = row[v]
            # Written always, kept where it counts: no branch to be guessed wrong.
            number += U(row[v] != U(0))
        row[:] = U(0)
        for n in range(number):
            own[n] = keys[listed[n]]
        for pair in range((longest + 1) // 2):
            if number == U(0):
                break
            low = U(2 * pair)
            some = draw_pair(own, limits, number, (U(pair) << U(32)) + U(line), low, drawn)
            # No line pulsed, and no train ends here: the list stays as it is.
            if some == U(0) and 2 * pair + 2 < shortest:
                continue
            left = U(0)
            for n in range(number):
                v = listed[n]
                bits = drawn[n]
                if 2 * pair + 1 >= slots[v]:
                    # A train of odd length ends within the pair.
                    bits &= U(1) << low
                row[v] |= bits
                active[v] |= bits
                listed[left] = v
                own[left] = own[n]
                limits[left] = limits[n]
                left += U(2 * pair + 2 < slots[v])
            number = left


@kernel
def draw_pair(own, limits, number, position, low, drawn):
    """drawn[n] = the slots `low` and the next in which a line of probability limits[n] 2^-32 pulses;
    returns the OR of them.
    """
    own = borrowed(own)
    limits = borrowed(limits)
    drawn = borrowed(drawn)
    some = U(0)
    for n in range(number):
        word = word_at(own[n], position)
        first = U((word & _HALF_WORD) < limits[n])
        second = U((word >> U(32)) < limits[n])
        bits = (first << low) | (second << (low + U(1)))
        drawn[n] = bits
        some |= bits
    return some


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
