"""Pulse trains packed in 64-bit words, and the management that sets their probabilities and length.

A line with value v pulses in each of `slots` slots with probability min(1, C |v|); all slots are
independent (US 10664745; Gokmen and Vlasov 2016). Coincidences of a row and a column are the ones
of the AND of their words.
"""

from __future__ import annotations

import numpy as np

from archsim.kernels.comparators import generate_trains
from archsim.kernels.compiled import borrowed, count_ones, kernel
from archsim.kernels.even_trains import spread_trains
from archsim.kernels.generators import IDEAL, ROWS
from archsim.kernels.random import word_at
from archsim.kernels.vector_parts import list_eight, whole_eights

U = np.uint64
LONGEST = 64
EVERY_SLOT = U(0xFFFFFFFFFFFFFFFF)
START = np.int64(0)  # typed: numba compiles a callee anew for a literal
_HALF_WORD = U(0xFFFFFFFF)


@kernel
def plan_train(rate, granularity, longest, input_max, error_max, manage_update, manage_length):
    """Slots of an update and the factors C_x, C_d of its two sides (float64).

    C = sqrt(rate/(slots granularity)). Update management multiplies C_x and divides C_d by m =
    sqrt(d_max/x_max), so both sides reach the same largest probability (Gokmen 2017). Length
    management takes slots = min(longest, ceil(k)), k = rate x_max d_max/granularity; where k >
    longest, d_max in m becomes d_max longest/k, so that only the error side is clipped (aihwkit;
    Rasch 2024, Supp. Alg. 1).
    """
    x, d = np.float64(input_max), np.float64(error_max)
    if not (x > 0.0 and d > 0.0):
        return 0, 0.0, 0.0
    slots = longest
    wanted = rate * x * d / granularity
    if manage_length:
        slots = max(1, int(np.ceil(wanted))) if wanted < longest else longest
    both = np.sqrt(rate / (slots * granularity))
    if not manage_update:
        return slots, both, both
    if manage_length and wanted > longest:
        d *= longest / wanted
    ratio = np.sqrt(d / x)
    return slots, both * ratio, both / ratio


@kernel
def slots_of(number):
    """A word whose lowest `number` bits are set."""
    return ~U(0) >> U(LONGEST - number) if number > 0 else U(0)


@kernel
def limit_of(value, factor):
    """The probability min(1, factor |value|) in units of 2^-32: a word of 64 random bits serves two
    slots.
    """
    return U(np.int64(min(np.float64(abs(value)) * factor, 1.0) * 4294967296.0))


@kernel
def two_slots(word, limit):
    """Two slots of a train: each pulses where its half of a random word lies below the limit."""
    return U((word & _HALF_WORD) < limit) | (U((word >> U(32)) < limit) << U(1))


@kernel
def draw_trains(values, factor, slots, key, limits, trains):
    """Stochastic trains: bit n of trains[line] is set with probability min(1, factor
    |values[line]|), to a resolution of 2^-32.

    One hash gives the numbers of two slots of a line. `limits` is working memory, uint64, at least
    as long as values.
    """
    values = borrowed(values)
    limits = borrowed(limits)
    trains = borrowed(trains)
    lines = values.shape[0]
    own = slots_of(slots)
    if slots <= 2:
        # One word a line, and no room for limits.
        for line in range(lines):
            limit = limit_of(values[line], factor)
            trains[line] = two_slots(word_at(key, U(line)), limit) & own
        return
    for line in range(lines):
        limits[line] = limit_of(values[line], factor)
        trains[line] = U(0)
    for pair in range((slots + 1) // 2):
        low = U(2 * pair)
        offset = U(pair) << U(32)
        for line in range(lines):
            word = word_at(key, offset + U(line))
            trains[line] |= (two_slots(word, limits[line]) << low) & own


@kernel
def make_trains(values, factor, slots, deterministic, drive, clock, key, limits, trains):
    """The trains of one side of an array.

    Args:
        values, factor, slots: as `draw_trains`.
        deterministic: evenly spread ones (`even_trains.spread_trains`); else independent bits are
            `draw_trains`, others `comparators.generate_trains`.
        drive: the generators of that side.
        clock: clocks of the generators before.
        key: of independent bits; the number of the update of deterministic ones.
        limits: working memory, uint64, at least as long as values.
        trains: the result.
    """
    if deterministic:
        spread_trains(values, factor, slots, drive.side == ROWS, key, trains)
    elif drive.source == IDEAL:
        draw_trains(values, factor, slots, key, limits, trains)
    else:
        generate_trains(values, factor, slots, clock, drive, trains)


@kernel
def list_pulsed(trains, active, listed):
    """The lines whose trains meet `active` (uint64), into `listed`; returns their number."""
    trains = borrowed(trains)
    listed = borrowed(listed)
    number = START
    whole = whole_eights(trains.shape[0])
    for line in range(0, whole, 8):
        number = list_eight(trains, line, active, listed, number)
    for line in range(whole, trains.shape[0]):
        # Written always, kept where it counts: no branch to be guessed wrong.
        listed[number] = line
        number += (trains[line] & active) != U(0)
    return number


@kernel
def count_pulses(trains):
    """Pulses in all trains."""
    trains = borrowed(trains)
    total = U(0)
    for line in range(trains.shape[0]):
        total += count_ones(trains[line])
    return np.int64(total)
