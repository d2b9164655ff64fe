"""NumPy twin of `random.py`: the same bits from array arithmetic."""

from __future__ import annotations

import numpy as np

from archsim.kernels.random import NORMAL_SCALE, as_word

U = np.uint64
_WEYL = U(0x9E3779B97F4A7C15)
_FIRST = U(0xBF58476D1CE4E5B9)
_SECOND = U(0x94D049BB133111EB)


def mix_reference(word: np.ndarray) -> np.ndarray:
    """splitmix64 finaliser of an array of uint64."""
    word = (word ^ (word >> U(30))) * _FIRST
    word = (word ^ (word >> U(27))) * _SECOND
    return word ^ (word >> U(31))


def stream_key_reference(
    seed: int | np.uint64, step: int | np.uint64, tile: int | np.uint64, stream: int | np.uint64
) -> np.ndarray:
    """Key of a stream as a uint64 array of shape (1,) (arrays wrap without the overflow warning of
    scalars).
    """
    seeds, steps, tiles, streams = (
        np.array([as_word(part)]) for part in (seed, step, tile, stream)
    )
    key = mix_reference(mix_reference(seeds + _WEYL) + steps * _WEYL)
    return mix_reference(mix_reference(key ^ (tiles * _FIRST + _SECOND)) + streams * _WEYL)


def row_key_reference(key: np.ndarray, rows: np.ndarray | int) -> np.ndarray:
    """Keys of rows; `key` (1,) and `rows` broadcast."""
    return mix_reference(key ^ (np.atleast_1d(rows).astype(U) * _SECOND + _WEYL))


def words_reference(key: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """64 random bits at each column; row keys and columns broadcast."""
    return mix_reference(key + (np.asarray(columns).astype(U) + U(1)) * _WEYL)


def uniform_reference(key: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """float32 in [0, 1)."""
    return (words_reference(key, columns) >> U(40)).astype(np.float32) * np.float32(2.0**-24)


def ones_reference(word: np.ndarray) -> np.ndarray:
    """Number of ones of each uint64, by the adding of neighbouring fields (no popcount in NumPy 1)."""
    word = word - ((word >> U(1)) & U(0x5555555555555555))
    word = (word & U(0x3333333333333333)) + ((word >> U(2)) & U(0x3333333333333333))
    word = (word + (word >> U(4))) & U(0x0F0F0F0F0F0F0F0F)
    return ((word * U(0x0101010101010101)) >> U(56)).astype(np.int64)


def normal_reference(key: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """float32 standard normals (see `random.normal`)."""
    word = key + (np.asarray(columns).astype(U) + U(1)) * _WEYL
    word = (word ^ (word >> U(30))) * _FIRST
    dither = (word >> U(32)).astype(np.int64)
    word = (word ^ (word >> U(27))) * _SECOND
    # In int64, where the kernel's int32 is as wide as its floats: no sum reaches 2^24.
    total = (
        (ones_reference(word ^ (word >> U(31))) << 16)
        + (dither >> 16)
        - (dither & 0xFFFF)
        - (1 << 21)
    )
    return total.astype(np.float32) * NORMAL_SCALE
