"""Streaming low-rank estimates of a gradient: compiled kernels. One sample is an input x (N) and an
error d (M) of one vector.

Factors are stored as X (N, k) and D (M, k) float32 with s (k): the mean of d x^T is estimated as D
diag(s) X^T. Nothing here calls a linear-algebra library, whose sums depend on the number of
threads. The same rules in plain NumPy are in `sbpca_reference`.
"""

from __future__ import annotations

import numpy as np

from archsim.kernels.compiled import kernel
from archsim.kernels.random import row_key, word_at

U = np.uint64
ZERO, ONE = np.float32(0.0), np.float32(1.0)
SMALLEST_VALUE = np.float32(1e-6)  # |s| in a denominator
SMALLEST_NORM = np.float32(1e-10)  # a shorter vector of SBE is begun anew from the sample
SWEEPS = 6  # of the small SVD of LRT
LONGEST_SWEEPS = 30


@kernel
def orthonormalise(vectors):
    """Make the columns of vectors (L, k) orthonormal in place: Gram-Schmidt, every column projected
    twice, R with a positive diagonal.

    A column that depends on those before it becomes the coordinate vector least represented in
    them.
    """
    length, rank = vectors.shape
    along = np.empty(rank, np.float64)
    column = np.empty(length, np.float64)
    for c in range(rank):
        before = 0.0
        for j in range(length):
            column[j] = vectors[j, c]
            before += column[j] * column[j]
        for _attempt in range(2):
            for _ in range(2):
                along[:c] = 0.0
                for j in range(length):
                    for i in range(c):
                        along[i] += vectors[j, i] * column[j]
                for j in range(length):
                    for i in range(c):
                        column[j] -= vectors[j, i] * along[i]
            after = 0.0
            for j in range(length):
                after += column[j] * column[j]
            if after > 1e-12 * before and after > 1e-60 and np.isfinite(after):
                break
            least, place = np.inf, 0
            for j in range(length):
                held = 0.0
                for i in range(c):
                    held += vectors[j, i] * vectors[j, i]
                if held < least:
                    least, place = held, j
            column[:] = 0.0
            column[place] = 1.0
            before = 1.0
        scale = 1.0 / np.sqrt(after)
        for j in range(length):
            vectors[j, c] = column[j] * scale


@kernel
def sbpca_block(X, D, s, inputs, errors, count, turn):
    """One sub-batch of SBPCA: the first `count` rows of inputs (m, N) and errors (m, M); `turn`
    numbers it in its batch, from 0.
    """
    rank = s.shape[0]
    keep = np.float32((turn + 1.0) / (turn + 2.0))
    share = np.float32(1.0 / ((turn + 2.0) * count))
    along_x = np.empty((count, rank), np.float32)
    along_d = np.empty((count, rank), np.float32)
    project(errors, D, along_d, count)
    blend(X, inputs, along_d, s, keep, share, count)
    orthonormalise(X)
    project(inputs, X, along_x, count)
    blend(D, errors, along_x, s, keep, share, count)
    orthonormalise(D)
    project(errors, D, along_d, count)
    for c in range(rank):
        total = ZERO
        for j in range(count):
            total += along_d[j, c] * along_x[j, c]
        s[c] = keep * s[c] + share * total


@kernel
def project(samples, vectors, along, count):
    """along[j] = samples[j] . vectors, for the first `count` samples."""
    length, rank = vectors.shape
    for j in range(count):
        sums, sample = along[j], samples[j]
        for c in range(rank):
            sums[c] = ZERO
        for i in range(length):
            value, line = sample[i], vectors[i]
            if value != ZERO:
                for c in range(rank):
                    sums[c] += value * line[c]


@kernel
def blend(vectors, samples, along, s, keep, share, count):
    """vectors <- keep vectors + share samples^T along diag(1/s)."""
    length, rank = vectors.shape
    sums = np.zeros((length, rank), np.float32)
    for j in range(count):
        weights, sample = along[j], samples[j]
        for i in range(length):
            value, line = sample[i], sums[i]
            if value != ZERO:
                for c in range(rank):
                    line[c] += value * weights[c]
    for c in range(rank):
        value = s[c]
        if abs(value) < SMALLEST_VALUE:
            value = -SMALLEST_VALUE if value < ZERO else SMALLEST_VALUE
        scale = share / value
        for i in range(length):
            vectors[i, c] = keep * vectors[i, c] + scale * sums[i, c]


@kernel
def sbe_samples(X, D, s, inputs, errors, first):
    """SBE: every row of inputs (V, N) and errors (V, M), the first of which has number `first`
    (from 1) in a batch; one column.
    """
    columns, rows = X.shape[0], D.shape[0]
    length_d = ZERO
    for i in range(rows):
        length_d += D[i, 0] * D[i, 0]
    length_d = np.sqrt(length_d)
    for v in range(inputs.shape[0]):
        x, d = inputs[v], errors[v]
        share = ONE / np.float32(first + v + 1)
        keep = ONE - share
        if length_d < SMALLEST_NORM:
            length_d = restart(D, d)
        along_d = ZERO
        for i in range(rows):
            along_d += d[i] * D[i, 0]
        along_d = along_d / length_d if length_d > ZERO else ZERO
        factor = share * along_d
        length_x = ZERO
        along_x = ZERO
        for j in range(columns):
            value = keep * X[j, 0] + factor * x[j]
            X[j, 0] = value
            length_x += value * value
            along_x += x[j] * value
        length_x = np.sqrt(length_x)
        if length_x < SMALLEST_NORM:
            length_x = restart(X, x)
            along_x = length_x * length_x
        along_x = along_x / length_x if length_x > ZERO else ZERO
        factor = share * along_x
        length_d = ZERO
        along_d = ZERO
        for i in range(rows):
            value = keep * D[i, 0] + factor * d[i]
            D[i, 0] = value
            length_d += value * value
            along_d += d[i] * value
        length_d = np.sqrt(length_d)
        along_d = along_d / length_d if length_d > SMALLEST_NORM else ZERO
        s[0] = keep * s[0] + share * along_x * along_d


@kernel
def restart(vector, sample):
    """vector (L, 1) <- sample (L). Returns its length."""
    length = ZERO
    for i in range(sample.shape[0]):
        vector[i, 0] = sample[i]
        length += sample[i] * sample[i]
    return np.sqrt(length)


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
    for i in range(
        n - 1
    ):  # selection sort: n is small, or the sort costs nothing beside the sweeps
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
    start, tail = size - 1, values[size - 1]
    for m in range(size):
        rest = values[m:].sum()
        if (size - 1 - m) * values[m] <= rest:
            start, tail = m, rest
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
    both, line = np.zeros((size, size - 1)), np.empty(size)
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
