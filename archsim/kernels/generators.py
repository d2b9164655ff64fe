"""Pulse trains from the generators of a chip: comparators that meet values with the running numbers of
shift registers or Sobol generators, each line its own or one for several.

A level of n bits is compared with a number of n bits, a slot a number. All generators of an array
run in step, only while trains are made; where they stand is a count of clocks, which a run keeps.
Lines of different phase see one sequence: what two of them share is part of what they multiply.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

from archsim.kernels.compiled import kernel
from archsim.kernels.random import as_word, row_key, stream_key, word_at
from archsim.kernels.sequences import DIMENSIONS, register_states, sobol_points

U = np.uint64
# By number in `Generators.state`: where bits come from, and what has a generator of its own.
SOURCES = ("ideal", "lfsr", "sobol")
IDEAL, LFSR, SOBOL = range(3)
SHARINGS = ("line", "side", "tile", "chip")
LINE, SIDE, TILE, CHIP = range(4)
# Places in `Generators.state`. LANES: generators of the chip's block. SCALE: numbers that a sequence
# has, the level of probability 1. HIGHEST: the largest level that the register of an operand holds.
SOURCE, SHARING, LANES, SCALE, HIGHEST, KEY, CLOCK = range(7)
STATE_FIELDS = 7
# The two sides of an array; errors drive the rows.
ROWS, COLUMNS = range(2)
WIDEST_WORDS = 8  # bits; half a megabyte
WINDOW = 64  # numbers behind the period, so that a train needs no second look at its end
# Added and taken off again it rounds to whole numbers, half to even, as rint does, but side by side.
ROUNDER = 1.5 * 2.0**52
SEEDS = U(30)  # the stream of random numbers that seeds generators, beside those of kernels.random


class Generators(NamedTuple):
    """Generators of an array's pulse trains.

    `numbers` uint16 (dimensions, period + WINDOW), the sequences; `state` int64 (STATE_FIELDS,): what
    they are, the key of their seeds, and the clocks that they ran. Views of one state are the same
    generators. `words` uint64 (levels, period): the whole trains of narrow registers, WINDOW slots
    from each phase; no rows for others.
    """

    numbers: np.ndarray
    words: np.ndarray
    state: np.ndarray


@functools.cache
def sequence_numbers(source: str, bits: int) -> np.ndarray:
    """The sequences of a source as `Generators.numbers`; registers count from zero (a state less
    one), so that a level of all states is probability 1.
    """
    if source == "ideal":
        return np.zeros((1, 1 + WINDOW), np.uint16)
    rows = (
        [register_states(bits) - np.uint16(1)]
        if source == "lfsr"
        else [sobol_points(bits, dimension) for dimension in range(DIMENSIONS)]
    )
    table = np.stack(rows)
    return np.take(table, range(table.shape[1] + WINDOW), axis=1, mode="wrap")


@functools.cache
def train_words(source: str, bits: int) -> np.ndarray:
    """`Generators.words`: a look instead of a comparison a slot, where the table stays in the cache."""
    if source != "lfsr" or bits > WIDEST_WORDS:
        return np.zeros((0, 0), U)
    numbers = sequence_numbers(source, bits)[0]
    period = len(numbers) - WINDOW
    levels = np.arange(2**bits)[:, None]
    words = np.zeros((2**bits, period), U)
    for slot in range(WINDOW):
        words |= (numbers[None, slot : slot + period] < levels).astype(U) << U(slot)
    return words


def make_generators(source: str, bits: int, state: np.ndarray) -> Generators:
    """The generators of a state of `generator_state`, or of several (copies, STATE_FIELDS)."""
    return Generators(sequence_numbers(source, bits), train_words(source, bits), state)


def generator_state(
    source: str, bits: int, sharing: str, lanes: int, seed: int, tile: int
) -> np.ndarray:
    """`Generators.state` before the first clock; the seeds are drawn by (seed, tile), those of the
    chip's block by the seed alone.
    """
    state = np.zeros(STATE_FIELDS, np.int64)
    state[SOURCE] = SOURCES.index(source)
    state[SHARING] = SHARINGS.index(sharing)
    state[LANES] = lanes
    state[SCALE] = sequence_numbers(source, bits).shape[1] - WINDOW
    state[HIGHEST] = 2**bits - 1
    own = 0 if sharing == "chip" else tile
    state[KEY] = U(stream_key(as_word(seed), U(0), as_word(own), SEEDS)).astype(np.int64)
    return state


def no_generators() -> Generators:
    """Independent random bits, which no generator makes."""
    return make_generators("ideal", 3, generator_state("ideal", 3, "line", 1, 0, 0))


class Drive(NamedTuple):
    """The generators of one side of an array, as machine code keeps them in registers: `numbers`,
    `words` and what `state` says, the key of the side's seeds, the Sobol dimension, and which lines
    the chip's block serves: `first` before those of this side, `lines` of both sides.
    """

    numbers: np.ndarray
    words: np.ndarray
    period: int
    source: int
    sharing: int
    lanes: int
    scale: float
    highest: int
    key: np.uint64
    dimension: int
    first: int
    lines: int


@kernel
def drive_of(generators, side, first, lines):
    """The `Drive` of a side."""
    numbers, state = generators.numbers, generators.state
    sharing = state[SHARING]
    # One generator for rows and columns, and the chip's block, make no difference between sides.
    apart = sharing in (LINE, SIDE)
    own = np.int64(side) if apart else np.int64(0)
    return Drive(
        numbers,
        generators.words,
        numbers.shape[1] - WINDOW,
        state[SOURCE],
        sharing,
        state[LANES],
        np.float64(state[SCALE]),
        state[HIGHEST],
        row_key(U(state[KEY]), U(own)),
        own,
        np.int64(first),
        np.int64(lines),
    )


@kernel
def clocks_of(slots, lines, state):
    """Clocks in which the generators make `slots` bits for each of `lines` lines."""
    if state[SHARING] == CHIP:
        return (slots * lines + state[LANES] - 1) // state[LANES]
    return slots


@kernel
def level_of(value, factor, scale, highest):
    """The level of n bits (int32) of probability min(1, factor |value|)."""
    share = min(np.float64(abs(value)) * factor, 1.0)
    return min(np.int32((share * scale + ROUNDER) - ROUNDER), np.int32(highest))


@kernel
def seed_of(key, number, period):
    """Where the sequence of generator `number` begins (int64, below the period): the phase of a
    register, or what the points of a Sobol sequence are exclusive-ored with: its first state.
    """
    return np.int64(((word_at(key, U(number)) >> U(32)) * U(period)) >> U(32))


@kernel
def after(clock, seed, period):
    """The phase of a register after `clock` clocks, both below the period."""
    start = clock + seed
    return start - period if start >= period else start


@kernel
def first_slots(slots):
    """A word of so many ones (uint64), 0 to 64."""
    return ~U(0) if slots >= 64 else (U(1) << U(slots)) - U(1)


@kernel
def generate_trains(values, factor, slots, clock, drive, trains):
    """trains[line] (uint64) of all lines of a side, with probabilities min(1, factor |values[line]|).

    Records of arrays cost more than a train where they go into a function a line: what a line needs
    is taken out here.
    """
    scale = drive.scale
    highest = drive.highest
    key = drive.key
    period = drive.period
    numbers = drive.numbers
    words = drive.words
    sharing = drive.sharing
    if sharing == CHIP:
        serve_trains(values, factor, slots, clock, drive, trains)
        return
    register = drive.source == LFSR
    points = numbers[drive.dimension if not register else 0]
    now = clock % period
    mask = first_slots(slots)
    looked_up = words.shape[0] > 0
    for line in range(values.shape[0]):
        level = level_of(values[line], factor, scale, highest)
        seed = seed_of(key, line if sharing == LINE else 0, period)
        if looked_up:
            trains[line] = words[level, after(now, seed, period)] & mask
            continue
        start = after(now, seed, period) if register else now
        turned = np.int64(0) if register else seed
        train = U(0)
        if level > 0:
            for slot in range(slots):
                train |= U((np.int64(points[start + slot]) ^ turned) < level) << U(slot)
        trains[line] = train


@kernel
def generate_block(errors, factors, slots, clocks, drive, starts, trains):
    """trains[line, v] (uint64) of all rows for several vectors: errors (M, V), factors, slots and
    clocks before each vector (V,); `starts` is working memory, a word a vector.
    """
    scale = drive.scale
    highest = drive.highest
    key = drive.key
    period = drive.period
    numbers = drive.numbers
    words = drive.words
    sharing = drive.sharing
    count = factors.shape[0]
    if sharing == CHIP:
        for v in range(count):
            serve_trains(errors[:, v], factors[v], slots[v], clocks[v], drive, trains[:, v])
        return
    for v in range(count):
        starts[v] = U(clocks[v] % period)
    register = drive.source == LFSR
    points = numbers[drive.dimension if not register else 0]
    looked_up = words.shape[0] > 0
    for line in range(errors.shape[0]):
        seed = seed_of(key, line if sharing == LINE else 0, period)
        phase = seed if register else np.int64(0)
        turned = np.int64(0) if register else seed
        values = errors[line]
        row = trains[line]
        if looked_up:
            for v in range(count):
                level = level_of(values[v], factors[v], scale, highest)
                start = after(np.int64(starts[v]), phase, period)
                row[v] = words[level, start] & first_slots(slots[v])
            continue
        for v in range(count):
            level = level_of(values[v], factors[v], scale, highest)
            train = U(0)
            if level > 0:
                start = after(np.int64(starts[v]), phase, period)
                for slot in range(slots[v]):
                    train |= U((np.int64(points[start + slot]) ^ turned) < level) << U(slot)
            row[v] = train


@kernel
def serve_trains(values, factor, slots, clock, drive, trains):
    """`generate_trains` from the chip's block, whose generators serve all lines in turn, slot by
    slot.
    """
    numbers, period = drive.numbers, drive.period
    for line in range(values.shape[0]):
        level = level_of(values[line], factor, drive.scale, drive.highest)
        trains[line] = U(0)
        for slot in range(slots if level > 0 else 0):
            served = slot * drive.lines + drive.first + line
            lane = served % drive.lanes
            now = clock + served // drive.lanes
            seed = seed_of(drive.key, lane, period)
            if drive.source == LFSR:
                number = np.int64(numbers[0, (now + seed) % period])
            else:
                number = np.int64(numbers[lane % numbers.shape[0], now % period]) ^ seed
            trains[line] |= U(number < level) << U(slot)
