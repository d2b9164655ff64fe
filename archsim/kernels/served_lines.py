"""Pulse trains from the block of generators that a chip shares: its lanes serve the lines of an array in
turn, slot by slot, so neighbours in a train come from different generators.
"""

from __future__ import annotations

import numpy as np

from archsim.kernels.compiled import borrowed, kernel
from archsim.kernels.generators import BELOW, MET, PIECE, set_levels

U = np.uint64
NO_SLOT = np.uint32(0)
# With fewer lines to serve than one in SPARSE each is served by itself.
SPARSE = 8


@kernel
def serve_block(errors, factors, slots, clocks, drive, trains):
    """`comparators.generate_block` from the chip's block, which serves vector after vector; those with
    an error on a line are few, in a network that converges.
    """
    count = factors.shape[0]
    levels = np.empty(count, np.int32)
    starts = np.empty(count, np.int64)
    for v in range(count):
        starts[v] = clocks[v] % drive.period
    for line in range(errors.shape[0]):
        row = trains[line]
        row[:] = U(0)
        if not set_levels(errors[line], factors, drive, levels):
            continue
        lane, waited = turn_of(line, drive)
        for v in range(count):
            if levels[v] > 0:
                row[v] = serve_line(levels[v], slots[v], lane, starts[v] + waited, drive)


@kernel
def turn_of(line, drive):
    """The lane that serves a line in its first slot, and how many clocks (below the period) later."""
    served = drive.first + line
    return served % drive.lanes, served // drive.lanes % drive.period


@kernel
def serve_trains(levels, slots, clock, drive, trains):
    """Trains of levels (int32, up to a multiple of STRIDE) from the chip's block."""
    levels = borrowed(levels)
    drive = borrowed(drive)
    trains = borrowed(trains)
    lines = trains.shape[0]
    driven = 0
    for line in range(lines):
        trains[line] = U(0)
        driven += levels[line] > 0
    if driven * SPARSE > lines:
        serve_lines(levels, slots, clock, drive, trains)
        return
    start = clock % drive.period
    for line in range(lines if driven > 0 else 0):
        if levels[line] > 0:
            lane, waited = turn_of(line, drive)
            trains[line] = serve_line(levels[line], slots, lane, start + waited, drive)


@kernel
def serve_line(level, slots, lane, clock, drive):
    """The train of one line that `lane` serves first, at a clock below twice the period."""
    drive = borrowed(drive)
    numbers = drive.numbers.reshape(-1)
    now = clock - drive.period if clock >= drive.period else clock
    train = U(0)
    for slot in range(slots):
        number = numbers[U(drive.starts[lane] + now)] ^ drive.turned[lane]
        train |= U(number < level) << U(slot)
        lane += drive.lanes_on
        now += drive.clocks_on
        if lane >= drive.lanes:
            lane -= drive.lanes
            now += 1
        if now >= drive.period:
            now -= drive.period
    return train


@kernel
def serve_lines(levels, slots, clock, drive, trains):
    """The trains of all lines, side by side."""
    levels = borrowed(levels)
    drive = borrowed(drive)
    trains = borrowed(trains)
    lines = trains.shape[0]
    wide = levels.shape[0]
    below = borrowed(drive.room[BELOW, :wide].view(np.uint32))
    numbers = borrowed(drive.room[MET, :wide])
    lane = drive.first % drive.lanes
    now = (clock + drive.first // drive.lanes) % drive.period
    for begin in range(0, slots, PIECE):
        below[:] = NO_SLOT
        for slot in range(min(slots - begin, PIECE)):
            serve_numbers(lane, now, drive, numbers[:lines])
            one = np.uint32(1 << slot)
            for line in range(wide):
                below[line] |= one if numbers[line] < levels[line] else NO_SLOT
            lane += drive.lanes_on
            now += drive.clocks_on
            if lane >= drive.lanes:
                lane -= drive.lanes
                now += 1
            if now >= drive.period:
                now -= drive.period
        for line in range(lines):
            trains[line] |= U(below[line]) << U(begin)


@kernel
def serve_numbers(lane, now, drive, numbers):
    """The numbers that all lines meet in a slot: of as many lanes as there are from `lane` on, then
    of the first ones a clock later.
    """
    drive = borrowed(drive)
    numbers = borrowed(numbers)
    sequences = drive.numbers.reshape(-1)
    line = 0
    while line < numbers.shape[0]:
        run = min(drive.lanes - lane, numbers.shape[0] - line)
        starts = drive.starts[lane : lane + run]
        turned = drive.turned[lane : lane + run]
        own = numbers[line : line + run]
        for k in range(run):
            own[k] = sequences[U(starts[k] + now)] ^ turned[k]
        line += run
        lane = np.int64(0)
        now = now + 1 if now + 1 < drive.period else np.int64(0)
