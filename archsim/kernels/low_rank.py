"""Streaming low-rank estimates of a gradient: compiled kernels. One sample is an input x (N) and an
error d (M) of one vector.

Factors are stored as X (N, k) and D (M, k) float32 with s (k): the mean of d x^T is estimated as D
diag(s) X^T. Nothing here calls a linear-algebra library, whose sums depend on the number of
threads. The same rules in plain NumPy are in `sbpca_reference`.
"""

from __future__ import annotations

import numpy as np

from archsim.kernels.compiled import kernel

U = np.uint64
ZERO, ONE = np.float32(0.0), np.float32(1.0)
SMALLEST_VALUE = np.float32(1e-6)  # |s| in a denominator
SMALLEST_NORM = np.float32(1e-10)  # a shorter vector of SBE is begun anew from the sample


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
        # The second attempt is the coordinate vector, where a column was a sum of others.
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
            # So short a rest is rounding alone: its direction would be chance.
            if after > 1e-12 * before and after > 1e-60 and np.isfinite(after):
                break
            least = np.inf
            emptiest = 0
            for j in range(length):
                held = 0.0
                for i in range(c):
                    held += vectors[j, i] * vectors[j, i]
                if held < least:
                    least = held
                    emptiest = j
            column[:] = 0.0
            column[emptiest] = 1.0
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
    # Before D is blended: D gathers along the new X, as in alternating power iterations.
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
        sums = along[j]
        sample = samples[j]
        for c in range(rank):
            sums[c] = ZERO
        for i in range(length):
            value = sample[i]
            line = vectors[i]
            if value != ZERO:
                for c in range(rank):
                    sums[c] += value * line[c]


@kernel
def blend(vectors, samples, along, s, keep, share, count):
    """vectors <- keep vectors + share samples^T along diag(1/s)."""
    length, rank = vectors.shape
    sums = np.zeros((length, rank), np.float32)
    for j in range(count):
        weights = along[j]
        sample = samples[j]
        for i in range(length):
            value = sample[i]
            line = sums[i]
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
        # A vector of no length would stay so for ever: every step multiplies by it.
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
