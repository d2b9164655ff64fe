"""The crossbar read on a block of vectors (lines, vectors): the physics and the bits of
`kernels.read`, without a transpose.

Where nothing rounds, clips or disturbs the inputs, half the input gives exactly half the product in
floating point, so a repeated read of bound management needs new noise only, not a new product.
"""

from __future__ import annotations

import numpy as np

from archsim.kernels.compiled import kernel
from archsim.kernels.product import matrix_times_block, rows_times_vector
from archsim.kernels.random import normal, row_key
from archsim.kernels.read import convert_outputs

U = np.uint64
ZERO = np.float32(0.0)
ONE = np.float32(1.0)
TWO = np.float32(2.0)
(
    NOISE_MANAGEMENT,
    RETRY_LIMIT,
    INPUT_STEP,
    INPUT_BOUND,
    INPUT_NOISE,
    OUTPUT_STEP,
    OUTPUT_BOUND,
    OUTPUT_NOISE,
) = range(8)
VECTORS, RETRIES, SATURATIONS = range(3)


@kernel
def find_peaks(block, peaks):
    """peaks[v] = max over lines of |block[line, v]|."""
    peaks[:] = ZERO
    for line in range(block.shape[0]):
        values = block[line]
        for v in range(peaks.shape[0]):
            peaks[v] = max(peaks[v], abs(values[v]))


@kernel
def convert_inputs(block, chosen, count, factors, step, bound, noise, keys, loaded):
    """DAC of the chosen vectors: divide, round, clip, add noise; the law of
    `kernels.read.load_vector`.
    """
    for line in range(block.shape[0]):
        source, target = block[line], loaded[line]
        for b in range(count):
            value = source[chosen[b]] / factors[b]
            if step > ZERO:
                value = np.rint(value / step) * step
            target[b] = min(max(value, -bound), bound)
        if noise > ZERO:
            for b in range(count):
                target[b] += noise * normal(keys[b], U(line))


@kernel
def columns_times_vector(matrix, columns, vector, outputs):
    """`kernels.product.columns_times_vector` for the first `columns` columns."""
    for j in range(columns):
        outputs[j] = ZERO
    whole = matrix.shape[0] // 4 * 4
    for i in range(0, whole, 4):
        v0 = vector[i]
        v1 = vector[i + 1]
        v2 = vector[i + 2]
        v3 = vector[i + 3]
        r0 = matrix[i]
        r1 = matrix[i + 1]
        r2 = matrix[i + 2]
        r3 = matrix[i + 3]
        for j in range(columns):
            outputs[j] = (((outputs[j] + r0[j] * v0) + r1[j] * v1) + r2[j] * v2) + r3[j] * v3
    for i in range(whole, matrix.shape[0]):
        v0, r0 = vector[i], matrix[i]
        for j in range(columns):
            outputs[j] += r0[j] * v0


@kernel
def multiply(weights, transposed, lines, loaded, outputs, count):
    """outputs = W loaded or W^T loaded, the first `lines` output lines, in the order of summation
    of `kernels.product`.
    """
    if transposed:
        if loaded.shape[1] == 1:
            columns_times_vector(weights, lines, loaded.reshape(-1), outputs.reshape(-1))
        else:
            matrix_times_block(weights.T[:lines], loaded, outputs, count)
    elif loaded.shape[1] == 1:
        rows_times_vector(weights, loaded.reshape(-1), outputs.reshape(-1))
    else:
        matrix_times_block(weights, loaded, outputs, count)


@kernel
def read_block(
    weights,
    transposed,
    block,
    peaks,
    outputs,
    physics,
    input_key,
    output_key,
    first,
    totals,
    memory,
    words,
):
    """Read the vectors of `block` (lines, V) into `outputs` (columns, V), which may leave out the
    last columns of a transposed read.

    `physics` float32 (8,) in the order of the constants above; `peaks` as `find_peaks`; keys are
    stream keys, `first` the number of the first vector (uint64). totals (int64): vectors, retries,
    outputs at the bound in the last attempt. `memory` float32 and `words` uint64 are room to work:
    (lines + 2 columns + 2) V and V.
    """
    lines, count = block.shape
    columns = outputs.shape[0]
    step = physics[INPUT_STEP]
    bound = physics[INPUT_BOUND]
    in_noise = physics[INPUT_NOISE]
    loaded = memory[: lines * count].reshape(lines, count)
    clean = memory[lines * count : (lines + columns) * count].reshape(columns, count)
    raw = memory[(lines + columns) * count : (lines + 2 * columns) * count].reshape(columns, count)
    scales = memory[(lines + 2 * columns) * count : (lines + 2 * columns + 1) * count]
    factors = memory[(lines + 2 * columns + 1) * count : (lines + 2 * columns + 2) * count]
    keys = words[:count]
    hits = np.zeros(count, np.int32)
    pending = np.arange(count)
    managed, clipped = physics[NOISE_MANAGEMENT] > ZERO, False
    for v in range(count):
        scales[v] = peaks[v] if managed else ONE
        factors[v] = scales[v] if scales[v] > ZERO else ONE
        clipped |= peaks[v] / factors[v] > bound
    exact = step == ZERO and in_noise == ZERO and not clipped
    if exact and not managed:
        multiply(weights, transposed, columns, block, clean, count)
    else:
        if in_noise > ZERO:
            for v in range(count):
                keys[v] = row_key(row_key(input_key, first + U(v)), U(0))
        convert_inputs(block, pending, count, factors, step, bound, in_noise, keys, loaded)
        multiply(weights, transposed, columns, loaded, clean, count)
    for v in range(count):
        keys[v] = row_key(row_key(output_key, first + U(v)), U(0))
    for i in range(columns):
        for v in range(count):
            outputs[i, v] = clean[i, v]
    convert_outputs(
        outputs,
        count,
        scales,
        physics[OUTPUT_STEP],
        physics[OUTPUT_BOUND],
        physics[OUTPUT_NOISE],
        keys,
        hits,
    )
    totals[VECTORS] += count
    left = count
    division = ONE
    attempt = U(0)
    while True:
        again = np.int64(0)  # typed: numba would compile the callees for a literal 0 as well
        for b in range(left):
            v = pending[b]
            if hits[b] > 0 and division <= physics[RETRY_LIMIT] and scales[v] > ZERO:
                pending[again] = v
                again += 1
            else:
                totals[SATURATIONS] += hits[b]
        left = again
        if left == 0:
            return
        totals[RETRIES] += left
        division, attempt = division * TWO, attempt + U(1)
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
            multiply(weights, transposed, columns, loaded, raw, left)
        for b in range(left):
            keys[b] = row_key(row_key(output_key, first + U(pending[b])), attempt)
        convert_outputs(
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
