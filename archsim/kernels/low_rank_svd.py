"""Small singular value decompositions and the stream of LRT: compiled kernels, without a library of
linear algebra, whose sums depend on the number of threads.
"""

from __future__ import annotations

import numpy as np

from archsim.kernels.compiled import kernel
from archsim.kernels.random import row_key, word_at

U = np.uint64
ZERO = np.float32(0.0)
SWEEPS = 6  # of the small SVD of LRT
LONGEST_SWEEPS = 30


@kernel
def jacobi(matrix, right, values, sweeps):
    """One-sided Jacobi SVD of a square `matrix` (n, n), float64: its rows become u_i values_i,
    `right` rows v_i, values fall.

    matrix is the transpose A^T of what is decomposed: A = sum_i values_i u_i v_i^T. At most
    `sweeps` sweeps.
    """
    n = matrix.shape[0]
    right[:, :] = 0.0
    for i in range(n):
        right[i, i] = 1.0
    for _ in range(sweeps):
        turned = 0
        for p in range(n - 1):
            for q in range(p + 1, n):
                first = 0.0
                second = 0.0
                both = 0.0
                for j in range(n):
                    first += matrix[p, j] * matrix[p, j]
                    second += matrix[q, j] * matrix[q, j]
                    both += matrix[p, j] * matrix[q, j]
                # Already at right angles as far as float64 tells.
                if abs(both) <= 1e-15 * np.sqrt(first * second) or both == 0.0:
                    continue
                turned += 1
                ratio = (second - first) / (2.0 * both)
                tangent = (1.0 if ratio >= 0.0 else -1.0) / (
                    abs(ratio) + np.sqrt(1.0 + ratio * ratio)
                )
                cosine = 1.0 / np.sqrt(1.0 + tangent * tangent)
                sine = cosine * tangent
                for j in range(n):
                    a, b = matrix[p, j], matrix[q, j]
                    matrix[p, j], matrix[q, j] = cosine * a - sine * b, sine * a + cosine * b
                    a, b = right[p, j], right[q, j]
                    right[p, j], right[q, j] = cosine * a - sine * b, sine * a + cosine * b
        if turned == 0:
            break
    for i in range(n):
        values[i] = np.sqrt((matrix[i] * matrix[i]).sum())
    # selection sort: n is small, or the sort costs nothing beside the sweeps
    for i in range(n - 1):
        best = i + np.argmax(values[i:])
        if best != i:
            values[i], values[best] = values[best], values[i]
            for j in range(n):
                matrix[i, j], matrix[best, j] = matrix[best, j], matrix[i, j]
                right[i, j], right[best, j] = right[best, j], right[i, j]


@kernel
def truncated_svd(gradient, X, D, s):
    """The first k singular triples of gradient (M, N): from the eigenvectors of the smaller Gram
    matrix, in float64.
    """
    rows, columns = gradient.shape
    size = min(rows, columns)
    other = max(rows, columns)
    # The Gram matrix of the shorter side: the sweeps cost its cube.
    wide = rows <= columns
    gram = np.zeros((size, size))
    right = np.empty((size, size))
    values = np.empty(size)
    for i in range(size):
        for j in range(i, size):
            total = 0.0
            for k in range(other):
                total += (
                    np.float64(gradient[i, k]) * gradient[j, k]
                    if wide
                    else np.float64(gradient[k, i]) * gradient[k, j]
                )
            gram[i, j] = gram[j, i] = total
    jacobi(gram, right, values, LONGEST_SWEEPS)
    near, far = (D, X) if wide else (X, D)
    for c in range(s.shape[0]):
        length = 0.0
        for k in range(other):
            total = 0.0
            for i in range(size):
                total += right[c, i] * (gradient[i, k] if wide else gradient[k, i])
            far[k, c] = total
            length += total * total
        s[c] = np.sqrt(length)
        for i in range(size):
            near[i, c] = right[c, i]
        for k in range(other):
            far[k, c] = far[k, c] / s[c] if s[c] > ZERO else ZERO


@kernel
def lrt_samples(X, D, c, inputs, errors, unbiased, limit, key, totals):
    """LRT: every row of inputs (V, N) and errors (V, M) into X (N, q), D (M, q), c (q) of rank q -
    1, which estimate the SUM of d x^T.

    `limit` is the largest condition number; `key` (uint64) of the signs of these samples; totals
    int64: samples used, skipped.
    """
    size = c.shape[0]
    along_x, along_d = np.empty(size), np.empty(size)
    core = np.empty((size, size))
    right = np.empty((size, size))
    values = np.empty(size)
    basis = np.empty((size, size - 1))
    for v in range(inputs.shape[0]):
        residual(X, inputs[v], along_x)
        residual(D, errors[v], along_d)
        # A sample that adds a direction so much smaller than the largest would spoil the condition.
        if along_x[size - 1] * along_d[size - 1] * limit < c[0]:
            totals[1] += 1
            continue
        totals[0] += 1
        for i in range(size):
            for j in range(size):
                core[i, j] = along_d[j] * along_x[i] + (c[i] if i == j else 0.0)
        jacobi(core, right, values, SWEEPS)
        mixing(values, c, basis, unbiased, row_key(key, U(v)))
        # `right` has the vectors of the input side (rows of the transpose), `core` those of the
        # error side times their values
        for i in range(size):
            for j in range(size):
                core[i, j] = core[i, j] / values[i] if values[i] > 1e-300 else 0.0
        turn(D, core, basis)
        turn(X, right, basis)


@kernel
def residual(vectors, sample, along):
    """Modified Gram-Schmidt of a sample on all columns of vectors (L, q) but the last, which
    becomes the rest's direction.
    """
    length, size = vectors.shape
    for j in range(length):
        vectors[j, size - 1] = sample[j]
    for c in range(size - 1):
        total = 0.0
        for j in range(length):
            total += np.float64(vectors[j, c]) * vectors[j, size - 1]
        along[c] = total
        for j in range(length):
            vectors[j, size - 1] -= total * vectors[j, c]
    total = 0.0
    for j in range(length):
        total += np.float64(vectors[j, size - 1]) * vectors[j, size - 1]
    along[size - 1] = np.sqrt(total)
    scale = 1.0 / along[size - 1] if total > 0.0 else 0.0
    for j in range(length):
        vectors[j, size - 1] *= scale


@kernel
def mixing(values, c, basis, unbiased, key):
    """From q falling singular values to q - 1 columns: new c and basis (q, q - 1); minimum variance
    without bias, or plain truncation.
    """
    size = values.shape[0]
    basis[:, :] = 0.0
    for i in range(size - 1):
        basis[i, i] = 1.0
        c[i] = values[i]
    c[size - 1] = 0.0
    if not unbiased:
        return
    start = size - 1
    tail = values[size - 1]
    for m in range(size):
        rest = values[m:].sum()
        # The first value from which on all are mixed: those before are kept as they are.
        if (size - 1 - m) * values[m] <= rest:
            start = m
            tail = rest
            break
    count = size - 1 - start
    if count == 0 or tail <= 0.0:
        return
    basis[start:, :] = 0.0
    # Householder basis of the complement of sqrt(1 - count S/tail), with random signs of its rows
    first = np.sqrt(max(0.0, 1.0 - count * values[start] / tail)) - 1.0
    word = word_at(key, U(0))
    for i in range(start, size):
        own = np.sqrt(max(0.0, 1.0 - count * values[i] / tail)) - (1.0 if i == start else 0.0)
        sign = 1.0 if (word >> U(i)) & U(1) else -1.0
        for j in range(start + 1, size):
            other = np.sqrt(max(0.0, 1.0 - count * values[j] / tail))
            basis[i, j - 1] = sign * ((1.0 if i == j else 0.0) + own * other / first)
    for j in range(start, size - 1):
        c[j] = tail / count


@kernel
def turn(vectors, rotation, basis):
    """vectors[:, :q - 1] <- vectors rotation^T basis."""
    length, size = vectors.shape
    both = np.zeros((size, size - 1))
    line = np.empty(size)
    for i in range(size):
        for c in range(size - 1):
            for j in range(size):
                both[i, c] += rotation[j, i] * basis[j, c]
    for j in range(length):
        for i in range(size):
            line[i] = vectors[j, i]
        for c in range(size - 1):
            total = 0.0
            for i in range(size):
                total += line[i] * both[i, c]
            vectors[j, c] = total
