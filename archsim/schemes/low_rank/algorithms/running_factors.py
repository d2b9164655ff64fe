"""The running estimate of a layer's gradient by factors: where it begins, and what it keeps of a
batch.
"""

from __future__ import annotations

import numpy as np

from archsim.kernels.low_rank import orthonormalise
from archsim.kernels.random import as_word, fill_normals, stream_key
from archsim.schemes.layer_state import LayerState
from archsim.schemes.low_rank.settings import LowRankSettings

F = np.float32
U = np.uint64
# Streams of random numbers, beside those of kernels.random and of the rule
START_X = U(40)
START_D = U(41)
# Max-norm (LRT20): how the running maximum forgets, and what keeps it from zero
FORGETTING = 0.999
SMALL = 1e-4


def starting_factors(
    scheme: LowRankSettings, layer: LayerState, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """X (N, k), D (M, k), s (k) before the first batch: random (orthonormal for SBPCA); zeros of
    one column more for LRT.
    """
    rows, columns = layer.weights.shape
    rank = scheme.rank_of(*layer.weights.shape)
    if scheme.estimator == "lrt":
        return np.zeros((columns, rank + 1), F), np.zeros((rows, rank + 1), F), np.zeros(rank + 1)
    X = np.empty((columns, rank), F)
    D = np.empty((rows, rank), F)
    for values, stream in ((X, START_X), (D, START_D)):
        fill_normals(as_word(stream_key(as_word(seed), U(0), as_word(layer.tile), stream)), values)
        if scheme.estimator == "sbpca":
            orthonormalise(values)
    return (
        X,
        D,
        np.full(rank, 0.0 if scheme.estimator == "sbe" else scheme.initial_singular_value, F),
    )


class RunningFactors:
    """The state of one layer. `samples`, `images`: since its factors were last applied (of a batch;
    of more for LRT).
    """

    def __init__(self, scheme: LowRankSettings, layer: LayerState, batch: int, seed: int):
        self.X, self.D, self.s = starting_factors(scheme, layer, seed)
        rows, columns = layer.weights.shape
        self.block = scheme.block_of(batch * layer.vectors)
        kept = self.block if scheme.estimator == "sbpca" else 0
        self.inputs, self.errors = np.empty((kept, columns), F), np.empty((kept, rows), F)
        self.sum = np.zeros((rows, columns) if scheme.estimator == "svd" else (0, 0), F)
        self.filled = self.turn = self.samples = self.images = 0
        self.batches = 1
        self.peak = 0.0
        self.peaks = 0

    def norm(self, d: np.ndarray) -> float:
        """What max-norm divides an image's errors by: their largest, or a running mean of it where
        that is larger.
        """
        largest = float(np.abs(d).max()) + SMALL
        self.peaks += 1
        self.peak = FORGETTING * self.peak + (1 - FORGETTING) * largest
        return max(largest, self.peak / (1 - FORGETTING**self.peaks))
