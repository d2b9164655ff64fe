"""One tile's read from Python: the part of a matrix that a tile holds, with the tile's periphery, in
one conversion an output or in slots and slices.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from archsim.basics.threads import one_thread
from archsim.kernels.random import READ_INPUT, READ_OUTPUT, as_word, stream_key
from archsim.kernels.read_block import find_peaks, read_block
from archsim.kernels.read_parts import read_parts
from archsim.kernels.slices import cut_weights, slot_digits
from archsim.kernels.tile_records import (
    CELL_BITS,
    INPUT_BOUND,
    INPUT_STEP,
    SLOT_BITS,
    SLOTS,
    WEIGHT_BITS,
    WEIGHT_RANGE,
    Lanes,
    ReadKeys,
    ReadScratch,
    Region,
)

F = np.float32


class TilePart(NamedTuple):
    """The part of a matrix that a tile holds: first input and first output of the read, and how
    many of each.
    """

    line: int
    column: int
    lines: int
    columns: int


class Keys(NamedTuple):
    """What the random numbers of a read depend on: seed, step, tile, and number of the first vector."""

    seed: int = 0
    step: int = 0
    tile: int = 0
    first: int = 0


FIRST = Keys()


class TileOutputs(NamedTuple):
    """Outputs float32 (V, columns), repeats of each vector int32 (V,), saturated outputs."""

    outputs: np.ndarray
    repeats: np.ndarray
    saturations: int


TURNED_ROWS = 128


def whole_matrix(weights: np.ndarray, transposed: bool = False) -> TilePart:
    """The part that is all of a matrix (M, N)."""
    columns, lines = weights.shape[::-1] if transposed else weights.shape
    return TilePart(0, 0, lines, columns)


def turned(values: np.ndarray) -> np.ndarray:
    """The transpose of a matrix, contiguous.

    NumPy goes through all rows for each column, past what a cache holds; a few rows at a time take a
    quarter of the time.
    """
    result = np.empty(values.shape[::-1], values.dtype)
    for first in range(0, len(values), TURNED_ROWS):
        part = slice(first, first + TURNED_ROWS)
        result[:, part] = values[part].T
    return result


def tile_read(
    weights: np.ndarray,
    inputs: np.ndarray,
    physics: np.ndarray,
    keys: Keys = FIRST,
    part: TilePart | None = None,
    transposed: bool = False,
) -> TileOutputs:
    """Read vectors on a tile.

    Args:
        weights: float32 (M, N), the whole matrix.
        inputs: (V, lines) of the part, |x| <= 1 without noise management.
        physics: float32 (PERIPHERY,) in the order of `read_block`.
        keys: of the random numbers.
        part: what the tile holds; None for all.
        transposed: from the outputs to the inputs.

    Returns:
        outputs, repeats and saturations.
    """
    part = whole_matrix(weights, transposed) if part is None else part
    weights = np.ascontiguousarray(weights, F)
    block = turned(np.asarray(inputs, F))
    count = block.shape[1]
    peaks = np.empty(count, F)
    find_peaks(block, peaks)
    outputs = np.empty((part.columns, count), F)
    repeats = np.zeros(count, np.int32)
    region = Region(weights, np.bool_(transposed), part.line, part.column)
    lanes = Lanes(block, peaks, outputs, repeats)
    words = [as_word(word) for word in (keys.seed, keys.step, keys.tile)]
    streams = [as_word(stream_key(*words, stream)) for stream in (READ_INPUT, READ_OUTPUT)]
    read_keys = ReadKeys(streams[0], streams[1], as_word(keys.first))
    converters = np.asarray(physics, F)
    if is_one_conversion(physics):
        room = np.empty((part.lines + 2 * part.columns + 2) * count, F)
        scratch = ReadScratch(room, np.empty(count, np.uint64))
        saturations = read_block(region, lanes, converters, read_keys, scratch)
    else:
        saturations = read_parts(region, lanes, converters, read_keys)
    return TileOutputs(turned(outputs), repeats, int(saturations))


def is_one_conversion(physics: np.ndarray) -> bool:
    """Whether an output is converted once, not in slots or slices."""
    return bool(physics[SLOTS] <= 1 and physics[CELL_BITS] == 0)


def largest_conversion(
    weights: np.ndarray, inputs: np.ndarray, physics: np.ndarray, part: TilePart
) -> float:
    """The largest value that the converters of a tile meet, in all slots and slices, without noise
    and bound.

    Args:
        weights: float32 (M, N), the whole matrix.
        inputs: (V, lines) of the part.
        physics: as `tile_read` takes it.
        part: what the tile holds.

    Returns:
        the largest magnitude, in units of weight x input.
    """
    held = np.ascontiguousarray(weights, F)
    planes = held[None, part.column : part.column + part.columns]
    planes = planes[:, :, part.line : part.line + part.lines]
    if physics[CELL_BITS] > 0:
        count = -(-int(physics[WEIGHT_BITS]) // int(physics[CELL_BITS]))
        full = F(physics[WEIGHT_RANGE] or np.abs(held).max(initial=0) or 1.0)
        planes = np.empty((count, part.columns, part.lines), F)
        region = Region(held, np.bool_(False), part.line, part.column)
        cut_weights(region, full, np.asarray(physics, F), planes)
    driven = np.clip(np.asarray(inputs, F), -physics[INPUT_BOUND], physics[INPUT_BOUND])
    if physics[SLOTS] > 1:
        driven = np.concatenate(_digits(driven, physics))
    with one_thread():
        return float(np.abs(driven @ planes.reshape(-1, part.lines).T).max(initial=0))


def _digits(inputs: np.ndarray, physics: np.ndarray) -> list[np.ndarray]:
    """What the lines are driven with in every slot."""
    bits = int(physics[SLOT_BITS])
    codes = np.rint(inputs / physics[INPUT_STEP]).astype(np.int64)
    width = int(np.rint(physics[INPUT_BOUND] / physics[INPUT_STEP])).bit_length() + 1
    slots = [
        slot_digits(codes, slot, np.int64(bits), np.int64(width))
        for slot in range(int(physics[SLOTS]))
    ]
    return [digits.astype(F) / F(2**bits - 1) * physics[INPUT_BOUND] for digits in slots]
