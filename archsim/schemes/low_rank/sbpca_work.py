"""Arithmetic and memory of the low-rank estimators: actions of the vector unit and words, for a x b
weights and rank k.

The closed forms of the literature are `published_words` and `published_multiplies`; the counts here
follow the kernels line by line.
"""

from __future__ import annotations

from archsim.operators.digital_work import merge

SVD_SWEEPS = 6  # sweeps of the small SVD of LRT, which the kernel takes at most
SHOT_PHASES = 4  # signs of rows and columns one after the other


def sample_work(estimator: str, a: int, b: int, k: int) -> dict[str, float]:
    """Actions for one sample (x of b, d of a values)."""
    if estimator == "sbe":
        return {
            "multiply": a + b + 4,
            "multiply_add": 4 * a + 3 * b + 1,
            "add": 1,
            "divide": 4,
            "square_root": 2,
        }
    # d on D, x (d D)^T, x on X, d (x X)^T, d on the new D, and their product for s
    if estimator == "sbpca":
        return {"multiply_add": 3 * k * a + 2 * k * b + k}
    if estimator == "svd":
        return {"multiply_add": a * b}
    q = k + 1
    rotations = SVD_SWEEPS * q * (q - 1) // 2
    small: dict[str, float] = {
        "multiply_add": rotations * 7 * q,
        "multiply": rotations * 4 * q,
        "divide": 3 * rotations,
        "square_root": 2 * rotations,
    }
    # Gram-Schmidt on k columns, the rest's length and scale, the q x q core and basis, and the turn
    # of both factors
    large: dict[str, float] = {
        "multiply_add": (a + b) * (2 * k + 1 + q * k) + q * q + 2 * q * q * k,
        "multiply": a + b,
        "divide": 2,
        "square_root": 2,
    }
    return merge(small, large)


def orthonormal_work(length: int, k: int) -> dict[str, float]:
    """Gram-Schmidt with every column projected twice: 2 k^2 multiplications a line."""
    return {
        "multiply_add": 2 * length * k * (k - 1) + length * k,
        "multiply": length * k,
        "divide": k,
        "square_root": k,
    }


def block_work(a: int, b: int, k: int) -> dict[str, float]:
    """Actions at the end of a sub-batch of SBPCA: both factors blended with their sums and made
    orthonormal, s blended.
    """
    blend: dict[str, float] = {
        "multiply": k * (a + b + 1),
        "multiply_add": k * (a + b + 1),
        "divide": 2 * k,
        "compare": 2 * k,
    }
    return merge(orthonormal_work(a, k), orthonormal_work(b, k), blend)


def batch_work(estimator: str, a: int, b: int, k: int) -> dict[str, float]:
    """Actions once a batch, before the estimate is applied."""
    if estimator == "sbe":  # unit vectors
        return {"multiply": a + b, "multiply_add": a + b, "square_root": 2, "divide": 2}
    # R-SVD (Golub and Van Loan, Matrix Computations, Sec. 8.6): 6 m n^2 + 20 n^3 floating-point
    # operations, two of them a multiply_add.
    if estimator == "svd":
        most, least = max(a, b), min(a, b)
        return {"multiply_add": 3 * most * least**2 + 10 * least**3}
    if estimator == "lrt":  # L and R from Q and the root of c
        return {"square_root": k}
    return {}


def outer_product_work(a: int, b: int) -> dict[str, float]:
    """Peaks and pulse probabilities (or codes) of both sides of one outer product, and the root of
    its singular value.
    """
    return {"compare": a + b, "multiply": a + b, "square_root": 1}


def rebuild_work(a: int, b: int, k: int) -> dict[str, float]:
    """The a x b change from k outer products."""
    return {"multiply_add": k * a * b, "multiply": k * a}


def state_words(estimator: str, a: int, b: int, k: int) -> int:
    """Words of the estimator's state between samples."""
    if estimator == "svd":
        return a * b
    return k * (a + b) + k + (1 if estimator == "lrt" else 0)


def published_words(estimator: str, a: int, b: int, k: int) -> int:
    """State in words as the literature counts it: SBE a + b + 1, SBPCA k (a + b + 1), LRT k (a + b)
    and q numbers.
    """
    return {"sbe": a + b + 1, "sbpca": k * (a + b + 1), "svd": a * b, "lrt": k * (a + b) + k + 1}[
        estimator
    ]


def published_multiplies(estimator: str, a: int, b: int, k: int) -> int:
    """Multiply-accumulates a sample: SBE 5 a + 4 b, SBPCA 3 k a + 2 k b, full gradient a b, LRT (a
    + b + q) q^2.
    """
    q = k + 1
    return {
        "sbe": 5 * a + 4 * b,
        "sbpca": 3 * k * a + 2 * k * b,
        "svd": a * b,
        "lrt": (a + b + q) * q * q,
    }[estimator]
