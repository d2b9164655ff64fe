"""What the low-rank rules are tested against: a batch's weight change in plain NumPy."""

from __future__ import annotations

import numpy as np

from archsim.schemes.layer_state import LayerState
from archsim.schemes.low_rank.algorithms import sbpca_reference as slow
from archsim.schemes.low_rank.algorithms.running_factors import RunningFactors, starting_factors
from archsim.schemes.low_rank.settings import LowRankSettings


def reference_change(
    scheme: LowRankSettings,
    layer: LayerState,
    inputs: np.ndarray,
    errors: np.ndarray,
    rate: float,
    seed: int,
    step: int,
) -> np.ndarray:
    """See `Scheme.reference_change`: the batch's estimate in plain NumPy; of LRT its expectation,
    the gradient itself.
    """
    images, _, vectors = inputs.shape
    x = inputs.transpose(0, 2, 1).reshape(images * vectors, -1).astype(float)
    d = errors.transpose(0, 2, 1).reshape(images * vectors, -1).astype(float) * images
    if scheme.estimator == "lrt":
        state = RunningFactors(scheme, layer, images, seed)
        if scheme.max_norm:
            norms = [state.norm(values) for values in d.reshape(images, -1)]
            d /= np.repeat(norms, vectors)[:, None]
        return rate / images * d.T @ x
    if scheme.estimator == "svd":
        return rate / images * slow.truncated(d.T @ x, scheme.rank_of(*layer.weights.shape))
    X, D, s = (values.astype(float) for values in starting_factors(scheme, layer, seed))
    if scheme.estimator == "sbe":
        first, second, value = slow.sbe_batch(X[:, 0], D[:, 0], float(s[0]), x, d)
        X = (first / np.linalg.norm(first))[:, None]
        D = (second / np.linalg.norm(second))[:, None]
        s = np.array([value])
    else:
        X, D, s = slow.sbpca_batch(X, D, s, x, d, scheme.block_of(len(x)))
    return slow.change(X, D, s, rate * vectors)
