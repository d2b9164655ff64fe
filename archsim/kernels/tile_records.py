"""What a read of a tile works with: the periphery's places, and records of the part of a matrix, its
vectors, keys and room.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

(
    NOISE_MANAGEMENT,
    RETRY_LIMIT,
    INPUT_STEP,
    INPUT_BOUND,
    INPUT_NOISE,
    OUTPUT_STEP,
    OUTPUT_BOUND,
    OUTPUT_NOISE,
    SLOTS,
    SLOT_BITS,
    WEIGHT_BITS,
    CELL_BITS,
    WEIGHT_RANGE,
    WRITTEN,
    TILED,
    DEVICE_NOISE,
) = range(16)
PERIPHERY = 16
# Counts of the reads of an array: vectors, repeats of the slowest of a vector's tiles, outputs at
# the bound in the last attempt, and repeats of all its tiles.
VECTORS, RETRIES, SATURATIONS, TILE_RETRIES = range(4)
READ_COUNTS = 4


class Region(NamedTuple):
    """The part of a matrix that a tile holds: float32 weights (M, N), whether they are read from the
    outputs to the inputs, and the first input and the first output of the part in that sense.
    """

    weights: np.ndarray
    transposed: np.bool_
    line: int
    column: int


class Lanes(NamedTuple):
    """Vectors on their way through a tile.

    `inputs` float32 (lines, V); `peaks` float32 (V,), the largest magnitudes that noise management
    divides by (`find_peaks`, of the whole vectors where they are split over tiles); `outputs`
    float32 (columns, V) and `repeats` int32 (V,), filled.
    """

    inputs: np.ndarray
    peaks: np.ndarray
    outputs: np.ndarray
    repeats: np.ndarray


class ReadKeys(NamedTuple):
    """Keys of the noise of inputs and outputs, and number of the first vector (uint64)."""

    inputs: np.uint64
    outputs: np.uint64
    first: np.uint64


class ReadScratch(NamedTuple):
    """Room to work: float32 (lines + 2 columns + 2) V, and uint64 V."""

    room: np.ndarray
    words: np.ndarray


class Attempt(NamedTuple):
    """What the first attempt of a read leaves to the next ones: int32 (V,) outputs at the bound,
    float32 (V,) lengths of the inputs where devices are noisy, and whether half the input is half
    the product to the bit.
    """

    hits: np.ndarray
    lengths: np.ndarray
    exact: bool
