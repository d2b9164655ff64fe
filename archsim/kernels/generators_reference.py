"""NumPy twin of `generators.py`: the number that every line meets in every slot as one table, without
words looked up.
"""

from __future__ import annotations

import math

import numpy as np

from archsim.kernels.generators import (
    HIGHEST,
    KEY,
    LANES,
    ROWS,
    SCALE,
    SHARING,
    SHARINGS,
    SOURCE,
    SOURCES,
    Generators,
)
from archsim.kernels.random_reference import row_key_reference, words_reference


def clocks_reference(slots: int, lines: int, generators: Generators) -> int:
    """Clocks for `slots` bits of each line."""
    if SHARINGS[generators.state[SHARING]] == "chip":
        return math.ceil(slots * lines / int(generators.state[LANES]))
    return slots


def numbers_reference(
    count: int, slots: int, clock: int, side: int, lines: int, generators: Generators
) -> np.ndarray:
    """Numbers int64 (slots, count) that the lines of a side are compared with."""
    state = generators.state
    source = SOURCES[state[SOURCE]]
    sharing = SHARINGS[state[SHARING]]
    sequences = generators.numbers[:, : state[SCALE]].astype(np.int64)
    slot = np.arange(slots)[:, None]
    line = np.arange(count)[None]
    now = np.broadcast_to(clock + slot, (slots, count))
    generator = np.broadcast_to(line if sharing == "line" else 0, (slots, count))
    own_side = side if sharing in ("line", "side") else 0
    dimension = np.full((slots, count), own_side)
    if sharing == "chip":
        # rows before columns, slot by slot, as many at a time as the block has generators
        # Lines of both sides queue up at the block.
        served = slot * lines + line + (0 if side == ROWS else lines - count)
        generator = served % state[LANES]
        now = clock + served // state[LANES]
        dimension = generator % len(sequences)
    key = row_key_reference(state[KEY : KEY + 1].view(np.uint64), own_side)
    period = sequences.shape[1]
    high = (words_reference(key, generator) >> np.uint64(32)).astype(np.int64)
    seeds = high * period >> 32
    if source == "lfsr":
        numbers: np.ndarray = sequences[0, (now + seeds) % period]
        return numbers
    return sequences[dimension, now % period] ^ seeds


def levels_reference(values: np.ndarray, factor: float, generators: Generators) -> np.ndarray:
    """Levels int64 of the probabilities min(1, factor |v|)."""
    share = np.minimum(np.abs(values).astype(np.float64) * factor, 1.0)
    levels = np.rint(share * float(generators.state[SCALE])).astype(np.int64)
    return np.minimum(levels, generators.state[HIGHEST])


def generated_reference(
    values: np.ndarray,
    factor: float,
    slots: int,
    clock: int,
    side: int,
    lines: int,
    generators: Generators,
) -> np.ndarray:
    """Trains from generators as a boolean array (slots, lines of the side)."""
    numbers = numbers_reference(len(values), slots, clock, side, lines, generators)
    return numbers < levels_reference(values, factor, generators)
