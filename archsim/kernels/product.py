"""Matrix products of the crossbar read. Each output is summed over its lines in ascending order,
one rounding a step.

That order is the same for one vector, a block of vectors and the NumPy twin, so a read has the same
bits in any batch and with any number of threads; a BLAS product gives neither, and its calls cost
more than the small arrays of a convolution.
"""

from __future__ import annotations

import numpy as np
from numba.core import types

from archsim.kernels.compiled import kernel
from archsim.kernels.doors import Block, Door, Vector, View
from archsim.kernels.panels import HIGH, LANES, WIDE, panel, sixteen_rows
from archsim.kernels.views import bits_of, view_at

ZERO = np.float32(0.0)
BEGIN = np.int64(0)  # typed: for a literal numba would compile the products twice
NONE = np.int32(0)
MANY = 8  # sixteens of columns whose sums the registers hold
ALL = 0  # the one row of a vector
# Products of less than the registers hold at a time, which few networks have.
COLUMNS = Door("few_columns", [lambda: few_columns], [View, Vector, Vector])
VECTORS = Door("few_vectors", [lambda: few_vectors], [View, Block, Block, types.int64, types.int64])
enter_columns, enter_vectors = COLUMNS.enter, VECTORS.enter


@kernel
def largest(values):
    """max |v|, by the order of the bits of non-negative floats: an integer maximum is one that LLVM
    vectorises.
    """
    bits = bits_of(values, np.int32)
    top = NONE
    for k in range(values.shape[0]):
        top = max(top, np.int32(bits[k] & np.int32(0x7FFFFFFF)))
    return np.int32(top).view(np.float32)


@kernel
def aligned(rows, columns):
    """Uninitialised float32 (rows, columns or more) whose rows start on cache lines of 64 bytes:
    twice as fast to stream.
    """
    pitch = (columns + 15) // 16 * 16
    memory = np.empty(rows * pitch + 16, np.float32)
    # The allocation itself begins where the allocator likes.
    start = -(memory.ctypes.data // 4) % 16
    return memory[start : start + rows * pitch].reshape(rows, pitch)


@kernel
def transpose(source, count, target):
    """target[k, b] = source[b, k] for b < count; this order stays in the first-level cache for many
    lines.
    """
    for k in range(source.shape[1]):
        for b in range(count):
            target[k, b] = source[b, k]


@kernel
def rows_times_vector(matrix, first, vector, outputs):
    """outputs[i] = sum over k of matrix[i, first + k] vector[k], over as many columns of the matrix
    as the vector has values; rows, vector and outputs are contiguous.
    """
    rows = outputs.shape[0]
    if rows < LANES:
        few_rows(matrix, first, vector, outputs)
        return
    # The last sixteen begin a little earlier where rows are left over: the same sums again.
    for i in range(0, rows, LANES):
        sixteen_rows(matrix, vector, outputs, min(i, rows - LANES), first)


@kernel
def few_rows(matrix, first, vector, outputs):
    """`rows_times_vector` of fewer than sixteen rows; eight at a time hide the latency of the ordered
    sums.
    """
    rows = outputs.shape[0]
    lines = vector.shape[0]
    last = first + lines
    whole = rows // 8 * 8
    for i in range(0, whole, 8):
        r0 = matrix[i, first:last]
        r1 = matrix[i + 1, first:last]
        r2 = matrix[i + 2, first:last]
        r3 = matrix[i + 3, first:last]
        r4 = matrix[i + 4, first:last]
        r5 = matrix[i + 5, first:last]
        r6 = matrix[i + 6, first:last]
        r7 = matrix[i + 7, first:last]
        s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = ZERO
        for k in range(lines):
            v = vector[k]
            s0 += r0[k] * v
            s1 += r1[k] * v
            s2 += r2[k] * v
            s3 += r3[k] * v
            s4 += r4[k] * v
            s5 += r5[k] * v
            s6 += r6[k] * v
            s7 += r7[k] * v
        outputs[i] = s0
        outputs[i + 1] = s1
        outputs[i + 2] = s2
        outputs[i + 3] = s3
        outputs[i + 4] = s4
        outputs[i + 5] = s5
        outputs[i + 6] = s6
        outputs[i + 7] = s7
    for i in range(whole, rows):
        row = matrix[i, first:last]
        s = ZERO
        for k in range(lines):
            s += row[k] * vector[k]
        outputs[i] = s


@kernel
def columns_times_vector(matrix, first, vector, outputs):
    """outputs[j] = sum over i of matrix[i, first + j] vector[i], for as many columns of the matrix as
    there are outputs; its rows, vector and outputs are contiguous.
    """
    columns = outputs.shape[0]
    part = matrix[: vector.shape[0], first : first + columns]
    if columns < LANES:
        enter_columns(0, part, vector, outputs)
        return
    factors = view_at(vector, 0, (1, vector.shape[0]))
    sums = view_at(outputs, 0, (1, columns))
    whole = columns // (MANY * LANES) * (MANY * LANES)
    for j in range(0, whole, MANY * LANES):
        panel(factors, part, sums, ALL, j, j, 1, MANY)
    for j in range(whole, columns, LANES):
        last = min(j, columns - LANES)
        panel(factors, part, sums, ALL, last, last, 1, 1)


@kernel
def few_columns(matrix, vector, outputs):
    """`columns_times_vector` of fewer than sixteen columns."""
    for j in range(outputs.shape[0]):
        outputs[j] = ZERO
    for i in range(vector.shape[0]):
        v = vector[i]
        row = matrix[i]
        for j in range(outputs.shape[0]):
            outputs[j] += row[j] * v


@kernel
def matrix_times_block(matrix, block, outputs, begin, width):
    """outputs[i, begin + b] = sum over k of matrix[i, k] block[k, b] for b < width. `matrix` may be a
    transposed view; rows of block and outputs are contiguous.
    """
    if width < LANES:
        enter_vectors(0, matrix, block, outputs, begin, width)
        return
    rows = matrix.shape[0]
    tall = rows // HIGH * HIGH
    whole = width // (WIDE * LANES) * (WIDE * LANES)
    for b in range(0, whole, WIDE * LANES):
        for i in range(0, tall, HIGH):
            panel(matrix, block, outputs, i, b, begin + b, HIGH, WIDE)
        for i in range(tall, rows):
            panel(matrix, block, outputs, i, b, begin + b, 1, WIDE)
    # The last sixteen begin a little earlier where vectors are left over: the same sums again.
    for start in range(whole, width, LANES):
        b = min(start, width - LANES)
        for i in range(0, tall, HIGH):
            panel(matrix, block, outputs, i, b, begin + b, HIGH, 1)
        for i in range(tall, rows):
            panel(matrix, block, outputs, i, b, begin + b, 1, 1)


@kernel
def few_vectors(matrix, block, outputs, begin, width):
    """`matrix_times_block` of fewer than sixteen vectors."""
    rows, lines = matrix.shape
    whole = rows // 4 * 4
    pairs = lines // 2 * 2
    for i in range(0, whole, 4):
        o0 = outputs[i, begin:]
        o1 = outputs[i + 1, begin:]
        o2 = outputs[i + 2, begin:]
        o3 = outputs[i + 3, begin:]
        for b in range(width):
            o0[b] = o1[b] = o2[b] = o3[b] = ZERO
        for k in range(0, pairs, 2):
            a0 = matrix[i, k]
            a1 = matrix[i + 1, k]
            a2 = matrix[i + 2, k]
            a3 = matrix[i + 3, k]
            c0 = matrix[i, k + 1]
            c1 = matrix[i + 1, k + 1]
            c2 = matrix[i + 2, k + 1]
            c3 = matrix[i + 3, k + 1]
            x, y = block[k], block[k + 1]
            for b in range(width):
                p, q = x[b], y[b]
                # In brackets: two lines a pass, added in their order.
                o0[b] = (o0[b] + a0 * p) + c0 * q
                o1[b] = (o1[b] + a1 * p) + c1 * q
                o2[b] = (o2[b] + a2 * p) + c2 * q
                o3[b] = (o3[b] + a3 * p) + c3 * q
        if pairs < lines:
            a0 = matrix[i, pairs]
            a1 = matrix[i + 1, pairs]
            a2 = matrix[i + 2, pairs]
            a3 = matrix[i + 3, pairs]
            x = block[pairs]
            for b in range(width):
                p = x[b]
                o0[b] += a0 * p
                o1[b] += a1 * p
                o2[b] += a2 * p
                o3[b] += a3 * p
    for i in range(whole, rows):
        o0 = outputs[i, begin:]
        for b in range(width):
            o0[b] = ZERO
        for k in range(lines):
            a0 = matrix[i, k]
            x = block[k]
            for b in range(width):
                o0[b] += a0 * x[b]


def product_reference(matrix: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """NumPy twin: (V, N) vectors times the (M, N) matrix, summed over N in ascending order in
    float32; shape (V, M).
    """
    total = np.zeros((len(vectors), len(matrix)), np.float32)
    for line in range(matrix.shape[1]):
        total += vectors[:, line : line + 1] * matrix[:, line]
    return total
