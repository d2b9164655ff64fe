"""The low-rank estimators with factors that go back to the buffer as words after every sample."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from archsim.kernels.compiled import kernel
from archsim.kernels.low_rank import sbe_samples
from archsim.kernels.low_rank_svd import lrt_samples
from archsim.kernels.number_formats import store_words
from archsim.kernels.random import row_key

U = np.uint64


class FactorWords(NamedTuple):
    """Scales of X, D and s, int64 (SCALE_FIELDS,), the form of their words, and keys of random
    numbers (uint64): of the image, the seed, the layer's tile, and the stream of X; those of D and s
    follow it.
    """

    of_x: np.ndarray
    of_d: np.ndarray
    of_s: np.ndarray
    form: np.ndarray
    image: np.uint64
    seed: np.uint64
    tile: np.uint64
    stream: np.uint64


@kernel
def store_factors(X, D, s, words, part):
    """Round the factors X (N, k), D (M, k) and s (k) in place; `part` (uint64) of the image."""
    form = words.form
    image = words.image
    seed = words.seed
    tile = words.tile
    store_words(X.reshape(-1), words.of_x, form, image, seed, tile, words.stream, part)
    store_words(D.reshape(-1), words.of_d, form, image, seed, tile, words.stream + U(1), part)
    singular = s.astype(np.float32)  # float64 in LRT
    store_words(singular, words.of_s, form, image, seed, tile, words.stream + U(2), part)
    for k in range(s.shape[0]):
        s[k] = singular[k]


@kernel
def sbe_words(X, D, s, x, d, first, words):
    """`sbe_samples`, sample by sample."""
    for v in range(x.shape[0]):
        sbe_samples(X, D, s, x[v : v + 1], d[v : v + 1], first + v)
        store_factors(X, D, s, words, U(v))


@kernel
def lrt_words(X, D, s, x, d, unbiased, limit, key, totals, words):
    """`lrt_samples`, sample by sample."""
    for v in range(x.shape[0]):
        own = row_key(key, U(v))
        lrt_samples(X, D, s, x[v : v + 1], d[v : v + 1], unbiased, limit, own, totals)
        store_factors(X, D, s, words, U(v))
