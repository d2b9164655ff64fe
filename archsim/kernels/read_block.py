"""The crossbar read on a block of vectors (lines, vectors): the physics and the bits of
`kernels.read`, without a transpose, of a whole matrix or of the part of it that a tile holds.

Where nothing rounds, clips or disturbs the inputs, half the input gives exactly half the product in
floating point, so a repeated read of bound management needs new noise only, not a new product.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.core import types

from archsim.kernels.compiled import borrowed, kernel
from archsim.kernels.converters import convert_all, convert_sums
from archsim.kernels.device_noise import LENGTHS, NOISE
from archsim.kernels.doors import Block, Door, Vector
from archsim.kernels.panels import LANES as SIDE_BY_SIDE
from archsim.kernels.product import (
    BEGIN,
    columns_times_vector,
    matrix_times_block,
    rows_times_vector,
)
from archsim.kernels.random import row_key
from archsim.kernels.tile_records import (
    DEVICE_NOISE,
    INPUT_BOUND,
    INPUT_NOISE,
    INPUT_STEP,
    NOISE_MANAGEMENT,
    OUTPUT_BOUND,
    OUTPUT_NOISE,
    OUTPUT_STEP,
    RETRY_LIMIT,
    Attempt,
    Lanes,
    ReadKeys,
    ReadScratch,
    Region,
)
from archsim.kernels.views import flat, view_at

U = np.uint64
ZERO = np.float32(0.0)
ONE = np.float32(1.0)
# Vectors that are converted and multiplied at a time, to the same bits: what drives the lines stays in
# a cache of 1 MiB, and lines of a thousand vectors would all lie in the same few sets of it.
PART = 256
SMALL = 2**14  # numbers that are no trouble to a cache
enter_lengths, enter_noise = LENGTHS.enter, NOISE.enter
_COUNTS = types.Array(types.int32, 1, "C")
_WORDS = types.Array(types.uint64, 1, "C")
REGION = types.NamedTuple((Block, types.boolean, types.int64, types.int64), Region)
LANES = types.NamedTuple((Block, Vector, Block, _COUNTS), Lanes)
KEYS = types.NamedUniTuple(types.uint64, 3, ReadKeys)
_SCRATCH = types.NamedTuple((Vector, _WORDS), ReadScratch)
_ATTEMPT = types.NamedTuple((_COUNTS, Vector, types.boolean), Attempt)


@kernel
def find_peaks(block, peaks):
    """peaks[v] = max over lines of |block[line, v]|."""
    peaks = borrowed(peaks)
    for v in range(peaks.shape[0]):
        peaks[v] = ZERO
    for line in range(block.shape[0]):
        values = borrowed(block[line])
        for v in range(peaks.shape[0]):
            peaks[v] = max(peaks[v], abs(values[v]))


@kernel
def multiply(region, loaded, outputs, begin, count):
    """outputs[:, begin : begin + count] = W loaded or W^T loaded for a `Region` of W, in the order of
    summation of `kernels.product`.
    """
    weights = borrowed(region.weights)
    line = region.line
    column = region.column
    lines = loaded.shape[0]
    columns = outputs.shape[0]
    if region.transposed:
        rows = weights[line : line + lines]
        if loaded.shape[1] == 1:
            columns_times_vector(rows, column, flat(loaded), flat(outputs))
        else:
            held = rows[:, column : column + columns].T
            matrix_times_block(held, loaded, outputs, begin, count)
    else:
        rows = weights[column : column + columns]
        if loaded.shape[1] == 1:
            rows_times_vector(rows, line, flat(loaded), flat(outputs))
        else:
            held = rows[:, line : line + lines]
            matrix_times_block(held, loaded, outputs, begin, count)


@kernel
def read_block(region, lanes, physics, read_keys, scratch):
    """Read vectors from the part of a matrix that a tile holds.

    Args:
        region: `Region` of the matrix.
        lanes: `Lanes`, whose outputs and repeats are filled.
        physics: float32 (PERIPHERY,) in the order of the constants above.
        read_keys: `ReadKeys`.
        scratch: `Scratch`.

    Returns:
        the outputs at the bound in the last attempts.
    """
    region = borrowed(region)
    lanes = borrowed(lanes)
    scratch = borrowed(scratch)
    block = lanes.inputs
    peaks = lanes.peaks
    outputs = lanes.outputs
    repeats = lanes.repeats
    input_key = read_keys.inputs
    output_key = read_keys.outputs
    first = read_keys.first
    memory = scratch.room
    lines, count = block.shape
    columns = outputs.shape[0]
    step = physics[INPUT_STEP]
    bound = physics[INPUT_BOUND]
    in_noise = physics[INPUT_NOISE]
    clean = view_at(memory, lines * count, (columns, count))
    scales = view_at(memory, (lines + 2 * columns) * count, (count,))
    factors = view_at(memory, (lines + 2 * columns + 1) * count, (count,))
    keys = view_at(scratch.words, 0, (count,))
    devices = physics[DEVICE_NOISE]
    lengths = np.empty(count if devices > ZERO else 0, np.float32)
    hits = np.empty(count, np.int32)
    managed = physics[NOISE_MANAGEMENT] > ZERO
    clipped = False
    for v in range(count):
        repeats[v] = 0
        scales[v] = peaks[v] if managed else ONE
        factors[v] = scales[v] if scales[v] > ZERO else ONE
        # One vector that clips takes the short way from the whole block.
        clipped |= peaks[v] / factors[v] > bound
    # A division by a power of two is exact, so half the input is half the product to the bit.
    exact = step == ZERO and in_noise == ZERO and not clipped
    again = physics[RETRY_LIMIT] >= ONE
    sums = clean if again else outputs
    as_they_are = exact and not managed
    if as_they_are:
        multiply(region, block, sums, BEGIN, count)
        if devices > ZERO:
            enter_lengths(0, block, count, lengths)
    elif in_noise > ZERO:
        for v in range(count):
            keys[v] = row_key(row_key(input_key, first + U(v)), U(0))
    begin = count if as_they_are else BEGIN
    most = PART if lines * count > SMALL else count
    while begin < count:
        # The last vectors go with those before where they would not fill the registers.
        width = most if count - begin >= most + SIDE_BY_SIDE else count - begin
        loaded = view_at(memory, 0, (lines, width))
        own_factors = view_at(factors, begin, (width,))
        own_keys = view_at(keys, begin, (width,))
        convert_all(block, begin, width, own_factors, step, bound, in_noise, own_keys, loaded)
        multiply(region, loaded, sums, begin, width)
        if devices > ZERO:
            enter_lengths(0, loaded, width, view_at(lengths, begin, (width,)))
        begin += width
    for v in range(count):
        keys[v] = row_key(row_key(output_key, first + U(v)), U(0))
    # Products that no further read needs are converted where they lie.
    for i in range(columns if again else 0):
        for v in range(count):
            outputs[i, v] = clean[i, v]
    if devices > ZERO:
        enter_noise(0, outputs, count, devices, lengths, keys)
    convert_sums(
        outputs,
        count,
        scales,
        physics[OUTPUT_STEP],
        physics[OUTPUT_BOUND],
        physics[OUTPUT_NOISE],
        keys,
        hits,
    )
    saturations = np.int64(0)
    repeated = False
    for v in range(count):
        saturations += hits[v]
        repeated |= hits[v] > 0 and scales[v] > ZERO
    if not (repeated and again):
        return saturations
    attempt = Attempt(hits, lengths, exact)
    return enter_again(0, region, lanes, physics, read_keys, scratch, attempt)


def _read_again() -> Any:
    # it stands on this module
    from archsim.kernels.read_again import read_again

    return read_again


# Few chips repeat a read whose outputs saturate.
AGAIN = Door(
    "read_again", [_read_again], [REGION, LANES, Vector, KEYS, _SCRATCH, _ATTEMPT], types.int64
)
enter_again = AGAIN.enter
