"""Whole pulse trains of the lines of an array, from the numbers that `generators` meets them with: slot
after slot, the lines (or the vectors of one line) side by side, so that several go in one instruction.
"""

from __future__ import annotations

import numpy as np

from archsim.kernels.compiled import borrowed, kernel
from archsim.kernels.generators import (
    BELOW,
    CHIP,
    LEVELS,
    LFSR,
    PIECE,
    POINTS,
    POINTS_BLOCK,
    SEEN,
    SERVED,
    SERVED_BLOCK,
    STRIDE,
    level_of,
    set_levels,
)
from archsim.kernels.views import bits_of, flat

U = np.uint64
enter_points, enter_points_block = POINTS.enter, POINTS_BLOCK.enter
enter_served, enter_served_block = SERVED.enter, SERVED_BLOCK.enter
NO_SLOT = np.uint32(0)


@kernel
def meet_registers(seen, levels, slots, highest, below):
    """below[k] (uint32): slots in which a register is below levels[k]; its states are the lowest bits
    of seen[k], shifted by the slot.

    Numbers are a state less one, so a state that equals the level is below it; a state is never
    zero, a level of zero has no pulse.
    """
    seen = borrowed(seen)
    levels = borrowed(levels)
    below = borrowed(below)
    below[:] = NO_SLOT
    for slot in range(slots):
        one = np.uint32(1 << slot)
        passed = np.int32(slot)
        for k in range(below.shape[0]):
            state = np.int32(seen[k] >> passed) & highest
            # A choice of values, not a branch: a loop with a branch would go one line at a time.
            below[k] |= one if state <= levels[k] else NO_SLOT


@kernel
def generate_trains(values, factor, slots, clock, drive, trains):
    """trains[line] (uint64) of all lines of a side, with probabilities min(1, factor |values[line]|)."""
    values = borrowed(values)
    drive = borrowed(drive)
    trains = borrowed(trains)
    lines = trains.shape[0]
    if slots == 0:  # an error of zero: what lay there before is no pulse
        trains[:] = U(0)
        return
    # a few more than there are lines: see `STRIDE`
    wide = -(-lines // STRIDE) * STRIDE
    # Room that the update holds: to make an array a vector would cost more than its trains.
    levels = drive.room[LEVELS, :wide]
    for line in range(lines):
        levels[line] = level_of(values[line], factor, drive)
    if drive.sharing == CHIP:
        enter_served(0, levels, slots, clock, drive, trains)
        return
    below = bits_of(drive.room[BELOW, :wide], np.uint32)
    now = clock % drive.period
    if drive.source == LFSR:
        run_registers(levels, slots, now, drive, below, trains)
    else:
        enter_points(0, levels, slots, now, drive, below, trains)


@kernel
def run_registers(levels, slots, now, drive, below, trains):
    """`generate_trains` from shift registers that start at clock `now`, below the period."""
    drive = borrowed(drive)
    trains = borrowed(trains)
    words = borrowed(drive.words)
    starts = borrowed(drive.starts)
    seen = drive.room[SEEN, : below.shape[0]]
    most = PIECE + 1 - drive.bits
    for begin in range(0, slots, most):
        start = (now + begin) % drive.period
        for line in range(trains.shape[0]):
            seen[line] = words[U(start + starts[line])]
        meet_registers(seen, levels, min(slots - begin, most), np.int32(drive.highest), below)
        add_piece(below, begin, trains)


@kernel
def run_points(levels, slots, now, drive, below, trains):
    """`generate_trains` from Sobol generators that start at clock `now`, below the period."""
    drive = borrowed(drive)
    below = borrowed(below)
    levels = borrowed(levels)
    points = borrowed(drive.points)
    turned = borrowed(drive.turned)
    for begin in range(0, slots, PIECE):
        below[:] = NO_SLOT
        for slot in range(min(slots - begin, PIECE)):
            one = np.uint32(1 << slot)
            point = points[now]
            for line in range(below.shape[0]):
                below[line] |= one if point ^ turned[line] < levels[line] else NO_SLOT
            # A remainder in the inner loop would cost as much as the comparison.
            now = now + 1 if now + 1 < drive.period else 0
        add_piece(below, begin, trains)


@kernel
def add_piece(below, begin, trains):
    """Add to trains the slots `below` of each, from slot `begin` on; what is before slot 0 is
    forgotten.
    """
    below = borrowed(below)
    trains = borrowed(trains)
    if begin == 0:
        for line in range(trains.shape[0]):
            trains[line] = U(below[line])
        return
    for line in range(trains.shape[0]):
        trains[line] |= U(below[line]) << U(begin)


@kernel
def generate_block(errors, factors, slots, clocks, drive, trains):
    """trains[line, v] (uint64) of all rows for several vectors: errors (M, V), factors, slots and
    clocks before each vector (V,).
    """
    errors = borrowed(errors)
    factors = borrowed(factors)
    slots = borrowed(slots)
    clocks = borrowed(clocks)
    drive = borrowed(drive)
    trains = borrowed(trains)
    # One vector alone goes side by side over its lines, several over the vectors.
    if factors.shape[0] == 1:
        row = flat(trains)
        generate_trains(flat(errors), factors[0], slots[0], clocks[0], drive, row)
    elif drive.sharing == CHIP:
        enter_served_block(0, errors, factors, slots, clocks, drive, trains)
    elif drive.source == LFSR:
        registers_block(errors, factors, slots, clocks, drive, trains)
    else:
        enter_points_block(0, errors, factors, slots, clocks, drive, trains)


@kernel
def registers_block(errors, factors, slots, clocks, drive, trains):
    """`generate_block` from shift registers, line after line with all vectors side by side."""
    count = factors.shape[0]
    levels = np.empty(count, np.int32)
    below = np.empty(count, np.uint32)
    seen = np.empty(count, np.int32)
    piece = PIECE + 1 - drive.bits
    most = longest_of(slots)
    starts = starts_of(clocks, most, piece, drive)
    for line in range(errors.shape[0]):
        row = trains[line]
        some = set_levels(errors[line], factors, drive, levels)
        row[:] = U(0)
        # Behind a rectifier whole lines are zero, and need no numbers.
        for begin in range(0, most if some else 0, piece):
            see_states(starts[begin // piece], drive.starts[line], drive.words, seen)
            meet_registers(seen, levels, min(most - begin, piece), np.int32(drive.highest), below)
            add_piece(below, begin, row)
        keep_slots(slots, row)


@kernel
def points_block(errors, factors, slots, clocks, drive, trains):
    """`registers_block` from Sobol generators."""
    count = factors.shape[0]
    levels = np.empty(count, np.int32)
    below = np.empty(count, np.uint32)
    most = longest_of(slots)
    points = points_of(starts_of(clocks, most, PIECE, drive), most, drive)
    for line in range(errors.shape[0]):
        row = trains[line]
        some = set_levels(errors[line], factors, drive, levels)
        row[:] = U(0)
        for begin in range(0, most if some else 0, PIECE):
            run = min(most - begin, PIECE)
            meet_points(points[begin : begin + run], drive.turned[line], levels, below)
            add_piece(below, begin, row)
        keep_slots(slots, row)


@kernel
def longest_of(slots):
    """Slots of the longest train (int64)."""
    most = np.int64(0)
    for v in range(slots.shape[0]):
        most = max(most, slots[v])
    return most


@kernel
def starts_of(clocks, most, piece, drive):
    """int32 (pieces, V): clocks, below the period, at which vectors begin each piece of their trains."""
    starts = np.empty((-(-most // piece), clocks.shape[0]), np.int32)
    for part in range(starts.shape[0]):
        for v in range(starts.shape[1]):
            starts[part, v] = (clocks[v] + part * piece) % drive.period
    return starts


@kernel
def points_of(starts, most, drive):
    """int32 (slots, V): the points that vectors meet from the clocks starts[0] on."""
    points = np.empty((most, starts.shape[1]), np.int32)
    for slot in range(points.shape[0]):
        for v in range(starts.shape[1]):
            points[slot, v] = drive.points[(starts[0, v] + slot) % drive.period]
    return points


@kernel
def see_states(starts, own, words, seen):
    """seen[v]: the word of a register of phase `own` at the clocks `starts`."""
    starts = borrowed(starts)
    words = borrowed(words)
    seen = borrowed(seen)
    for v in range(seen.shape[0]):
        seen[v] = words[U(starts[v] + own)]


@kernel
def meet_points(points, turned, levels, below):
    """below[v] (uint32): slots in which points[slot, v], exclusive or `turned`, are below levels[v]."""
    points = borrowed(points)
    levels = borrowed(levels)
    below = borrowed(below)
    below[:] = NO_SLOT
    for slot in range(points.shape[0]):
        one = np.uint32(1 << slot)
        row = points[slot]
        for v in range(below.shape[0]):
            below[v] |= one if row[v] ^ turned < levels[v] else NO_SLOT


@kernel
def keep_slots(slots, trains):
    """Take off what lies behind the slots of each vector, 0 to 64."""
    slots = borrowed(slots)
    trains = borrowed(trains)
    for v in range(trains.shape[0]):
        # A shift by a whole word is not defined: it is made in two.
        behind = (~U(0) << U(slots[v] >> 1)) << U(slots[v] - (slots[v] >> 1))
        trains[v] &= ~behind
