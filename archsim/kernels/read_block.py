"""The crossbar read on a block of vectors (lines, vectors): the physics and the bits of
`kernels.read`, without a transpose, of a whole matrix or of the part of it that a tile holds.

Where nothing rounds, clips or disturbs the inputs, half the input gives exactly half the product in
floating point, so a repeated read of bound management needs new noise only, not a new product.
"""

from __future__ import annotations

import numpy as np

from archsim.kernels.compiled import borrowed, kernel
from archsim.kernels.converters import convert_all, convert_inputs, convert_sums
from archsim.kernels.device_noise import disturb_devices, measure_inputs
from archsim.kernels.product import columns_times_vector, matrix_times_block, rows_times_vector
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
)
from archsim.kernels.views import flat, view_at

U = np.uint64
ZERO = np.float32(0.0)
ONE = np.float32(1.0)
TWO = np.float32(2.0)


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
def multiply(region, loaded, outputs, count):
    """outputs = W loaded or W^T loaded for a `Region` of W, in the order of summation of
    `kernels.product`.
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
            matrix_times_block(rows[:, column : column + columns].T, loaded, outputs, count)
    else:
        rows = weights[column : column + columns]
        if loaded.shape[1] == 1:
            rows_times_vector(rows, line, flat(loaded), flat(outputs))
        else:
            matrix_times_block(rows[:, line : line + lines], loaded, outputs, count)


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
    loaded = view_at(memory, 0, (lines, count))
    clean = view_at(memory, lines * count, (columns, count))
    raw = view_at(memory, (lines + columns) * count, (columns, count))
    scales = view_at(memory, (lines + 2 * columns) * count, (count,))
    factors = view_at(memory, (lines + 2 * columns + 1) * count, (count,))
    keys = view_at(scratch.words, 0, (count,))
    devices = physics[DEVICE_NOISE]
    measured = np.empty((2, count if devices > ZERO else 0), np.float32)
    lengths = measured[0]
    shorter = measured[1]
    hits = np.empty(count, np.int32)
    pending = np.empty(count, np.int64)
    managed = physics[NOISE_MANAGEMENT] > ZERO
    clipped = False
    for v in range(count):
        repeats[v] = 0
        pending[v] = v
        scales[v] = peaks[v] if managed else ONE
        factors[v] = scales[v] if scales[v] > ZERO else ONE
        # One vector that clips takes the short way from the whole block.
        clipped |= peaks[v] / factors[v] > bound
    # A division by a power of two is exact, so half the input is half the product to the bit.
    exact = step == ZERO and in_noise == ZERO and not clipped
    if exact and not managed:
        multiply(region, block, clean, count)
    else:
        if in_noise > ZERO:
            for v in range(count):
                keys[v] = row_key(row_key(input_key, first + U(v)), U(0))
        convert_all(block, count, factors, step, bound, in_noise, keys, loaded)
        multiply(region, loaded, clean, count)
    for v in range(count):
        keys[v] = row_key(row_key(output_key, first + U(v)), U(0))
    for i in range(columns):
        for v in range(count):
            outputs[i, v] = clean[i, v]
    if devices > ZERO:
        measure_inputs(block if exact and not managed else loaded, count, lengths)
        disturb_devices(outputs, count, devices, lengths, keys)
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
    left = count
    saturations = np.int64(0)
    division = ONE
    attempt = U(0)
    while True:
        again = np.int64(0)  # typed: numba would compile the callees for a literal 0 as well
        for b in range(left):
            v = pending[b]
            if hits[b] > 0 and division <= physics[RETRY_LIMIT] and scales[v] > ZERO:
                pending[again] = v
                again += 1
                repeats[v] += np.int32(1)
            else:
                saturations += hits[b]
        left = again
        if left == 0:
            return saturations
        division = division * TWO
        attempt = attempt + U(1)
        for b in range(left):
            factors[b] = scales[pending[b]] * division
        if exact:
            part = ONE / division
            for i in range(columns):
                for b in range(left):
                    raw[i, b] = clean[i, pending[b]] * part
        else:
            if in_noise > ZERO:
                for b in range(left):
                    keys[b] = row_key(row_key(input_key, first + U(pending[b])), attempt)
            convert_inputs(block, pending, left, factors, step, bound, in_noise, keys, loaded)
            multiply(region, loaded, raw, left)
        for b in range(left):
            keys[b] = row_key(row_key(output_key, first + U(pending[b])), attempt)
        if devices > ZERO:
            if exact:  # vectors that are read again move to the front
                for b in range(left):
                    shorter[b] = lengths[pending[b]] / division
            else:
                measure_inputs(loaded, left, shorter)
            disturb_devices(raw, left, devices, shorter, keys)
        convert_sums(
            raw,
            left,
            factors,
            physics[OUTPUT_STEP],
            physics[OUTPUT_BOUND],
            physics[OUTPUT_NOISE],
            keys,
            hits,
        )
        for i in range(columns):
            for b in range(left):
                outputs[i, pending[b]] = raw[i, b]
