"""What a read of tiles from feature maps works with, as records."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

# Numbers of a block of weights that is driven and converted at a time.
GROUP, LINE, LINES, COLUMN, COLUMNS, TILE = range(6)
BLOCK_NUMBERS = 6
# What a read counts: repeats of all tiles, outputs at the bound, input codes that are not zero, their
# sum and their ones, and values that had not arrived.
REPEATS, SATURATIONS, NONZERO, CODES, ONES, MISSING = range(6)
MAP_COUNTS = 6


class MapSource(NamedTuple):
    """What drives the lines of an array, for some images.

    Args:
        maps: float32 (images, values).
        positions: int32 (taps, vectors), where the first channel of a map has what a tap of a vector
            is driven with; -1 for padding. Line `channel * taps + tap` is driven with the value
            `channel * step` further on.
        step: values from one channel to the next.
        rows: lines of a group, without that of the bias.
        groups: of lines.
        bias: what drives a last line in each group; of no matter where the tiles have none.
        managed: whether each vector is divided by its largest magnitude.
        top: the largest input code; 0: codes are not counted.
        first: number of the first vector.
    """

    maps: np.ndarray
    positions: np.ndarray
    step: int
    rows: int
    groups: int
    bias: np.float32
    managed: bool
    top: int
    first: np.uint64


class HeldBlocks(NamedTuple):
    """The weights of a layer on its tiles.

    Args:
        weights: float32 (copies, groups, outputs, lines); one copy stands for all where there is
            only one.
        blocks: int64 (blocks, BLOCK_NUMBERS), in the order in which they are added.
        tiles: how many the blocks lie on.
        periphery: float32 (devices a weight, blocks, PERIPHERY).
        keys: uint64 (devices a weight, blocks, 2), of the noise of inputs and outputs.
    """

    weights: np.ndarray
    blocks: np.ndarray
    tiles: int
    periphery: np.ndarray
    keys: np.ndarray


class MapReads(NamedTuple):
    """What the tiles gave, filled: outputs float32 (images, groups x outputs, vectors), zeros before;
    repeats of the slowest tile int64 (images x vectors,); counts int64 (MAP_COUNTS,).
    """

    outputs: np.ndarray
    slowest: np.ndarray
    counts: np.ndarray
