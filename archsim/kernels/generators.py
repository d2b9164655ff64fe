"""Pulse trains from the generators of a chip: comparators that meet values with the running numbers of
shift registers or Sobol generators, each line its own or one for several.

A level of n bits is compared with a number of n bits, a slot a number. All generators of an array
run in step, only while trains are made; where they stand is a count of clocks, which a run keeps.
Lines of different phase see one sequence: what two of them share is part of what they multiply.
`comparators` makes whole trains of what is said here.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba.core import types

from archsim.kernels.compiled import borrowed, count_ones, kernel
from archsim.kernels.doors import Block, Door, Whole
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
ROWS, COLUMNS = np.int64(0), np.int64(1)  # typed: numba compiles a callee anew for a literal
PIECE = 32  # slots that are made at a time
ROOM = 4  # rows of `Drive.room`, to work in
LEVELS, SEEN, BELOW, MET = range(ROOM)
# Lines that machine code takes at once: what is left over goes one by one, so there is room for more.
STRIDE = 32
# Added and taken off again it rounds to whole numbers, half to even, as rint does, but side by side.
ROUNDER = 1.5 * 2.0**52
SEEDS = U(30)  # the stream of random numbers that seeds generators, beside those of kernels.random


class Generators(NamedTuple):
    """Generators of an array's pulse trains.

    `numbers` int32 (dimensions, period), the sequences, those of registers twice in a row; `words`
    int32 (2 period,), states of registers (see `register_words`), none of others; `state` int64
    (STATE_FIELDS,): what they are, the key of their seeds, and the clocks that they ran. Views of one
    state are the same generators.
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
        return np.zeros((1, 1), np.int32)
    if source == "lfsr":
        return np.tile(register_states(bits).astype(np.int32) - np.int32(1), 2)[None]
    return np.stack([sobol_points(bits, n) for n in range(DIMENSIONS)]).astype(np.int32)


@functools.cache
def register_words(source: str, bits: int) -> np.ndarray:
    """`Generators.words`: the lowest bit of a register in PIECE slots from every phase on, twice in a
    row. A register shifts down, bit b of its state is bit 0 of b slots later: so the lowest bits of a
    word, shifted by a slot, are the state of that slot.
    """
    if source != "lfsr":
        return np.zeros(0, np.int32)
    lowest = (register_states(bits) & 1).astype(np.uint32)
    slots = np.arange(PIECE)
    later = lowest[(np.arange(len(lowest))[:, None] + slots) % len(lowest)]
    words = np.bitwise_or.reduce(later << slots.astype(np.uint32), axis=1)
    # Twice in a row: a line's phase plus the clock stays below two periods, without a remainder.
    return np.tile(words, 2).view(np.int32)


def make_generators(source: str, bits: int, state: np.ndarray) -> Generators:
    """The generators of a state of `generator_state`, or of several (copies, STATE_FIELDS)."""
    if source == "sobol":
        POINTS.open()
        POINTS_BLOCK.open()
    if (state[..., SHARING] == CHIP).any():
        SERVED.open()
        SERVED_BLOCK.open()
    return Generators(sequence_numbers(source, bits), register_words(source, bits), state)


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
    # A register never holds zero, so it has one number less than a Sobol generator.
    state[SCALE] = 1 if source == "ideal" else 2**bits - (source == "lfsr")
    state[HIGHEST] = 2**bits - 1
    # One block serves all tiles, so that its numbers know of none.
    own = 0 if sharing == "chip" else tile
    state[KEY] = U(stream_key(as_word(seed), U(0), as_word(own), SEEDS)).astype(np.int64)
    return state


def no_generators() -> Generators:
    """Independent random bits, which no generator makes."""
    return make_generators("ideal", 3, generator_state("ideal", 3, "line", 1, 0, 0))


class Drive(NamedTuple):
    """The generators of one side of an array, ready to run.

    `side`, with `first` lines before its own and `lines` of both sides; `numbers` and `words` of its
    sequences, `points` those of its own dimension; where in them (flat) the sequence of every line
    `starts`, and what its numbers are `turned` by, exclusive or: a register's phase, a Sobol
    generator's first state; for the chip's block that of every lane that serves, and by how many
    `lanes_on`, and `clocks_on`, a line finds its next slot. `room` int32 (ROOM,
    lines), to work in. The rest is what `Generators.state` says.
    """

    side: int
    first: int
    lines: int
    numbers: np.ndarray
    points: np.ndarray
    words: np.ndarray
    starts: np.ndarray
    turned: np.ndarray
    room: np.ndarray
    source: int
    sharing: int
    lanes: int
    lanes_on: int
    clocks_on: int
    period: int
    bits: int
    highest: int


_Ints = types.Array(types.int32, 1, "C")
_Rows = types.Array(types.int32, 2, "C")
_Bits = types.Array(types.uint32, 1, "C")
_Long = types.int64
_Factors = types.Array(types.float64, 1, "C")
DRIVE = types.NamedTuple((*[_Long] * 3, _Rows, *[_Ints] * 4, _Rows, *[_Long] * 8), Drive)
_Trains = types.Array(types.uint64, 1, "C")
_Block = types.Array(types.uint64, 2, "C")


def _later(name: str) -> Callable[[], Any]:
    def kernel_of() -> Any:
        # they stand on this module
        from archsim.kernels import comparators, served_lines

        return getattr(comparators, name, None) or getattr(served_lines, name)

    return kernel_of


# Few chips have these generators: Sobol's, and one block for all.
POINTS = Door("run_points", [_later("run_points")], [_Ints, _Long, _Long, DRIVE, _Bits, _Trains])
POINTS_BLOCK = Door(
    "points_block", [_later("points_block")], [Block, _Factors, Whole, Whole, DRIVE, _Block]
)
SERVED = Door("serve_trains", [_later("serve_trains")], [_Ints, _Long, _Long, DRIVE, _Trains])
SERVED_BLOCK = Door(
    "serve_block", [_later("serve_block")], [Block, _Factors, Whole, Whole, DRIVE, _Block]
)


@kernel
def drive_of(generators, side, count, lines, longest):
    """The `Drive` of the `count` lines of a side, for trains of at most `longest` slots; `lines` of
    both sides.
    """
    state = generators.state
    source = state[SOURCE]
    sharing = state[SHARING]
    lanes = state[LANES]
    period = state[SCALE]
    # One generator for rows and columns, and the chip's block, make no difference between sides.
    own = np.int64(side) if sharing in (LINE, SIDE) else np.int64(0)
    key = row_key(U(state[KEY]), U(own))
    served = min(lanes, lines * longest) if sharing == CHIP else np.int64(count)
    generated = source != IDEAL
    starts = np.zeros(served if generated else 0, np.int32)
    turned = np.zeros(served + STRIDE if generated else 0, np.int32)
    dimensions = generators.numbers.shape[0]
    for number in range(starts.shape[0]):
        seed = np.int32(seed_of(key, number if sharing in (LINE, CHIP) else 0, period))
        if source == LFSR:
            starts[number] = seed
            continue
        turned[number] = seed
        starts[number] = np.int32((number % dimensions if sharing == CHIP else own) * period)
    return Drive(
        np.int64(side),
        np.int64(0) if side == ROWS else np.int64(lines - count),  # rows are served before columns
        np.int64(lines),
        generators.numbers,
        generators.numbers[own if dimensions > 1 else 0],
        generators.words,
        starts,
        turned,
        np.zeros((ROOM, count + STRIDE if generated else 0), np.int32),
        source,
        sharing,
        lanes,
        lines % lanes,
        lines // lanes % period,
        period,
        np.int64(count_ones(U(state[HIGHEST]))),
        state[HIGHEST],
    )


@kernel
def clocks_of(slots, lines, state):
    """Clocks in which the generators make `slots` bits for each of `lines` lines."""
    if state[SHARING] == CHIP:
        return (slots * lines + state[LANES] - 1) // state[LANES]
    return slots


@kernel
def level_of(value, factor, drive):
    """The level of n bits (int32) of probability min(1, factor |value|)."""
    share = min(np.float64(abs(value)) * factor, 1.0)
    return min(
        np.int32((share * np.float64(drive.period) + ROUNDER) - ROUNDER), np.int32(drive.highest)
    )


@kernel
def set_levels(values, factors, drive, levels):
    """levels[v] of the values of one line for several vectors; returns whether any is not zero."""
    values = borrowed(values)
    factors = borrowed(factors)
    levels = borrowed(levels)
    some = np.int32(0)
    for v in range(levels.shape[0]):
        level = level_of(values[v], factors[v], drive)
        levels[v] = level
        some |= level
    return some > 0


@kernel
def seed_of(key, number, period):
    """Where the sequence of generator `number` begins (int64, below the period)."""
    # A product in place of a remainder: as even as 32 bits allow.
    return np.int64(((word_at(key, U(number)) >> U(32)) * U(period)) >> U(32))
