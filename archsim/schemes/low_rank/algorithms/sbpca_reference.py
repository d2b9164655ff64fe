"""The low-rank estimators in plain NumPy, as their papers write them: slow, and what the compiled
kernels are tested against.
"""

from __future__ import annotations

import numpy as np


def sbe_batch(
    X: np.ndarray, D: np.ndarray, s: float, inputs: np.ndarray, errors: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """A batch of SBE (Hoskins 2019) from the carried state X (N), D (M), s; samples in the rows of
    inputs and errors.
    """
    for j, (x, d) in enumerate(zip(inputs, errors), start=1):
        keep = j / (j + 1)
        share = 1 / (j + 1)
        X = keep * X + share * x * (d @ D) / np.linalg.norm(D)
        D = keep * D + share * d * (x @ X) / np.linalg.norm(X)
        s = keep * s + share * (x @ X) / np.linalg.norm(X) * (d @ D) / np.linalg.norm(D)
    return X, D, s


def sbpca_batch(
    X: np.ndarray, D: np.ndarray, s: np.ndarray, inputs: np.ndarray, errors: np.ndarray, block: int
):
    """A batch of SBPCA (Huang 2023, as XBTorch writes it; the last sub-batch may be shorter).
    Returns X (N, k), D (M, k), s (k).
    """
    for turn, start in enumerate(range(0, len(inputs), block)):
        x, d = inputs[start : start + block], errors[start : start + block]
        keep = (turn + 1) / (turn + 2)
        share = 1 / ((turn + 2) * len(x))
        below = np.where(s < 0, -1.0, 1.0) * np.maximum(np.abs(s), 1e-6)
        X = _q(keep * X + share * x.T @ (d @ D) / below)
        D = _q(keep * D + share * d.T @ (x @ X) / below)
        s = keep * s + share * ((d @ D) * (x @ X)).sum(axis=0)
    return X, D, s


def _q(vectors: np.ndarray) -> np.ndarray:
    q, r = np.linalg.qr(vectors)
    return q * np.where(np.diag(r) < 0, -1.0, 1.0)


def truncated(gradient: np.ndarray, rank: int) -> np.ndarray:
    """The best approximation of gradient (M, N) with that rank."""
    left, values, right = np.linalg.svd(gradient, full_matrices=False)
    return (left[:, :rank] * values[:rank]) @ right[:rank]


def change(X: np.ndarray, D: np.ndarray, s: np.ndarray, factor: float) -> np.ndarray:
    """The expected weight change (M, N) of an estimate: factor D diag(s) X^T."""
    return factor * (D.astype(float) * s) @ X.astype(float).T
