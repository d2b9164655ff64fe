"""Outer products in floating point: the digital gradient and its NumPy twin."""

from __future__ import annotations

import numpy as np

from archsim.kernels.compiled import borrowed, kernel
from archsim.kernels.number_formats import store_quantity
from archsim.kernels.turned import turn_block

ZERO = np.float32(0.0)
TOGETHER = 8  # vectors that a line of weights takes with one load and one store
# A block of vectors is read again for every line: it stays in the second cache, and is long enough
# for its source, whose neighbours are other vectors, to be read in whole pages.
BLOCK_VALUES = 65_536
LEAST_BLOCK = 64


@kernel
def add_products(weights, inputs, errors, rate):
    """W += rate d x^T in floating point, the digital update: vector after vector, skipping zero
    errors; inputs are contiguous.
    """
    columns = weights.shape[1]
    count = inputs.shape[1]
    if count < TOGETHER:
        for v in range(count):
            _add_vector(weights, inputs, errors, rate, v)
        return
    block = min(count, max(LEAST_BLOCK, BLOCK_VALUES // columns // TOGETHER * TOGETHER))
    vectors = np.empty((block, columns), np.float32)
    factors = np.empty((2, block), np.float32)
    chosen = np.empty((2, block), np.int64)
    for first in range(0, count, block):
        size = min(block, count - first)
        turn_block(inputs, first, size, vectors)
        _add_block(weights, vectors[:size], errors[:, first : first + size], rate, factors, chosen)


@kernel
def _add_block(weights, vectors, errors, rate, factors, chosen):
    """`add_products` of vectors (V, N) side by side; factors and chosen (2, V) are room."""
    rows = weights.shape[0]
    size = vectors.shape[0]
    i = 0
    while i < rows:
        taken = _take_line(errors, i, rate, factors[0], chosen[0])
        full = taken == size and i + 1 < rows
        if full and _take_line(errors, i + 1, rate, factors[1], chosen[1]) == size:
            for start in range(0, size // TOGETHER * TOGETHER, TOGETHER):
                _add_eight_to_two(weights[i], weights[i + 1], vectors[start:], factors[:, start:])
            for v in range(size // TOGETHER * TOGETHER, size):
                _add_one(weights[i], vectors[v], factors[0, v])
                _add_one(weights[i + 1], vectors[v], factors[1, v])
            i += 2
            continue
        whole = taken // TOGETHER * TOGETHER
        for start in range(0, whole, TOGETHER):
            _add_eight(weights[i], vectors, chosen[0, start:], factors[0, start:])
        for k in range(whole, taken):
            _add_one(weights[i], vectors[chosen[0, k]], factors[0, k])
        i += 1


@kernel
def _take_line(errors, i, rate, factors, chosen):
    """The factors of line i and the vectors that they belong to; returns how many."""
    taken = 0
    for v in range(errors.shape[1]):
        # Skipped, not added as zero: most are behind a rectifier, and -0 + 0 changes bits. Written
        # always, kept where it counts: no branch to be guessed wrong.
        factors[taken] = rate * errors[i, v]
        chosen[taken] = v
        taken += errors[i, v] != ZERO
    return taken


@kernel
def _add_vector(weights, inputs, errors, rate, v):
    """`add_products` of vector v alone."""
    rows, columns = weights.shape
    x = np.empty(columns, np.float32)
    loaded = False
    for i in range(rows):
        if errors[i, v] != ZERO:
            if not loaded:
                for j in range(columns):
                    x[j] = inputs[j, v]
                loaded = True
            _add_one(weights[i], x, rate * errors[i, v])


@kernel
def _add_one(line, x, factor):
    """line += factor x."""
    for j in range(line.shape[0]):
        line[j] += factor * x[j]


@kernel
def _add_eight(line, vectors, chosen, factors):
    """line += factor x of the first eight `chosen` vectors, one after the other for each weight, which
    is loaded and stored once.
    """
    x0 = vectors[chosen[0]]
    x1 = vectors[chosen[1]]
    x2 = vectors[chosen[2]]
    x3 = vectors[chosen[3]]
    x4 = vectors[chosen[4]]
    x5 = vectors[chosen[5]]
    x6 = vectors[chosen[6]]
    x7 = vectors[chosen[7]]
    f0 = factors[0]
    f1 = factors[1]
    f2 = factors[2]
    f3 = factors[3]
    f4 = factors[4]
    f5 = factors[5]
    f6 = factors[6]
    f7 = factors[7]
    for j in range(line.shape[0]):
        total = line[j]
        total += f0 * x0[j]
        total += f1 * x1[j]
        total += f2 * x2[j]
        total += f3 * x3[j]
        total += f4 * x4[j]
        total += f5 * x5[j]
        total += f6 * x6[j]
        total += f7 * x7[j]
        line[j] = total


@kernel
def _add_eight_to_two(line, other, vectors, factors):
    """`_add_eight` of the first eight vectors to two lines, for which they are loaded once."""
    x0 = vectors[0]
    x1 = vectors[1]
    x2 = vectors[2]
    x3 = vectors[3]
    x4 = vectors[4]
    x5 = vectors[5]
    x6 = vectors[6]
    x7 = vectors[7]
    f0 = factors[0, 0]
    f1 = factors[0, 1]
    f2 = factors[0, 2]
    f3 = factors[0, 3]
    f4 = factors[0, 4]
    f5 = factors[0, 5]
    f6 = factors[0, 6]
    f7 = factors[0, 7]
    g0 = factors[1, 0]
    g1 = factors[1, 1]
    g2 = factors[1, 2]
    g3 = factors[1, 3]
    g4 = factors[1, 4]
    g5 = factors[1, 5]
    g6 = factors[1, 6]
    g7 = factors[1, 7]
    for j in range(line.shape[0]):
        total = line[j]
        other_total = other[j]
        total += f0 * x0[j]
        other_total += g0 * x0[j]
        total += f1 * x1[j]
        other_total += g1 * x1[j]
        total += f2 * x2[j]
        other_total += g2 * x2[j]
        total += f3 * x3[j]
        other_total += g3 * x3[j]
        total += f4 * x4[j]
        other_total += g4 * x4[j]
        total += f5 * x5[j]
        other_total += g5 * x5[j]
        total += f6 * x6[j]
        other_total += g6 * x6[j]
        total += f7 * x7[j]
        other_total += g7 * x7[j]
        line[j] = total
        other[j] = other_total


@kernel
def sum_products(sums, inputs, errors, scale, form, keys, image):
    """`add_products` of an image to sums (M, N) that go back to the buffer as words (see
    `number_formats.store_quantity`), in one call.
    """
    sums = borrowed(sums)
    add_products(sums, inputs, errors, np.float32(1.0))
    store_quantity(sums.reshape(-1), scale, form, keys, image, 0)


def add_products_reference(
    weights: np.ndarray, inputs: np.ndarray, errors: np.ndarray, rate: float
) -> None:
    """NumPy twin of `add_products`: W += rate d x^T for the columns of inputs (N, V) and errors (M,
    V), in place, the same bits.
    """
    for v in range(inputs.shape[1]):
        factors = np.float32(rate) * errors[:, v]
        some = errors[:, v] != 0
        weights[some] += factors[some, None] * inputs[:, v]
