"""Are the small decompositions of low-rank rules exact, and are lost directions replaced?"""

import numpy as np
import pytest

from archsim.kernels.low_rank import orthonormalise
from archsim.kernels.low_rank_svd import jacobi, truncated_svd
from archsim.schemes.low_rank.algorithms.sbpca_reference import change, truncated

F = np.float32


def test_dependent_and_empty_columns_are_replaced():
    vectors = np.zeros((7, 4), F)
    vectors[:, 0] = 2.0
    vectors[:, 1] = -3.0
    vectors[2, 3] = 1e-30
    orthonormalise(vectors)
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(4), atol=1e-6)
    assert vectors[0, 0] > 0


@pytest.mark.parametrize("shape", [(10, 25), (25, 10)])
def test_exact_truncation(shape):
    gradient = np.random.default_rng(1).normal(size=shape).astype(F)
    X = np.zeros((shape[1], 3), F)
    D = np.zeros((shape[0], 3), F)
    s = np.zeros(3, F)
    truncated_svd(gradient, X, D, s)
    np.testing.assert_allclose(
        change(X, D, s, 1.0), truncated(gradient.astype(float), 3), atol=1e-5
    )


def test_small_decomposition():
    matrix = np.random.default_rng(2).normal(size=(5, 5))
    work = matrix.T.copy()
    right = np.empty((5, 5))
    values = np.empty(5)
    jacobi(work, right, values, 6)
    np.testing.assert_allclose(work.T @ right, matrix, atol=1e-12)
    np.testing.assert_allclose(values, np.linalg.svd(matrix)[1], rtol=1e-12)
    np.testing.assert_allclose(right @ right.T, np.eye(5), atol=1e-12)
