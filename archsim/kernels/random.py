"""Counter-based random numbers keyed by (seed, step, tile, row, column): no state, so no dependence
on thread count or order.

The hash is the finaliser of splitmix64 (Steele, Lea, Flood, OOPSLA 2014) on a Weyl counter. A
stream key is made once a tile and step (`stream_key`), a row key once a row (`row_key`), then one
hash gives one number (`normal`, `uniform`).
All key arithmetic is modulo 2^64 on unsigned words; int64 mixed with uint64 would silently become
float64 in numba.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from archsim.kernels.compiled import count_ones, kernel

U = np.uint64
# Streams of one (seed, step, tile), so that no two uses share numbers.
READ_INPUT, READ_OUTPUT, TRAIN_ROW, TRAIN_COLUMN, UPDATE, WRITE, DEVICE, AGEING, REFRESH = (
    U(n) for n in range(1, 10)
)
# The constants of splitmix64 are mathematics, not physics: they may be globals of a cached kernel.
_WEYL = U(0x9E3779B97F4A7C15)
_FIRST = U(0xBF58476D1CE4E5B9)
_SECOND = U(0x94D049BB133111EB)
# Standard deviation of (ones(h) - 32) + (a - b)/2^16 with a, b uniform on 16 bits: sqrt(16 + (1 -
# 2^-32)/6), in units of 2^-16.
NORMAL_SCALE = np.float32(1.0 / (65536.0 * np.sqrt(16.0 + (1.0 - 2.0**-32) / 6.0)))
_UNIFORM_SCALE = np.float32(2.0**-24)


@kernel
def mix(word):
    """The splitmix64 finaliser: a bijection of 64-bit words whose output bits look independent."""
    word = (word ^ (word >> U(30))) * _FIRST
    word = (word ^ (word >> U(27))) * _SECOND
    return word ^ (word >> U(31))


@kernel
def stream_key(seed, step, tile, stream):
    """Key of one stream of numbers of one tile in one step. All arguments uint64."""
    return mix(
        mix(mix(mix(seed + _WEYL) + step * _WEYL) ^ (tile * _FIRST + _SECOND)) + stream * _WEYL
    )


@kernel
def row_key(key, row):
    """Key of one row (uint64) of a stream."""
    return mix(key ^ (row * _SECOND + _WEYL))


@kernel
def word_at(key, column):
    """64 random bits at `column` (uint64) of a row key."""
    return mix(key + (column + U(1)) * _WEYL)


@kernel
def uniform(key, column):
    """float32 on the grid k 2^-24 in [0, 1)."""
    # By way of int32, which vectorises; 24 bits fit a float32 exactly.
    return np.float32(np.int32(word_at(key, column) >> U(40))) * _UNIFORM_SCALE


@kernel
def normal(key, column):
    """float32, mean 0, variance 1: the number of ones of 64 hashed bits with a triangular dither
    between its steps.

    The popcount is binomial (variance 16); the dither is the difference of two 16-bit halves of the
    hash before its last round. The sum is an exact integer below 2^24, so NumPy gives the same
    bits. Range +-8.2, excess kurtosis -0.031.
    """
    word = key + (column + U(1)) * _WEYL
    word = (word ^ (word >> U(30))) * _FIRST
    # Taken before the last round: its bits are then not those that are counted.
    dither = word >> U(32)
    word = (word ^ (word >> U(27))) * _SECOND
    ones = count_ones(word ^ (word >> U(31)))
    total = (
        np.int32(ones << U(16))
        + np.int32(dither >> U(16))
        - np.int32(dither & U(0xFFFF))
        - np.int32(1 << 21)
    )
    return np.float32(total) * NORMAL_SCALE


@kernel
def fill_normals(key, values):
    """values[i, j] = standard normal of row i and column j of a stream key."""
    for i in range(values.shape[0]):
        row = row_key(key, U(i))
        for j in range(values.shape[1]):
            values[i, j] = normal(row, U(j))


_SMALL = tuple(U(number) for number in range(256))


# A whole number of Python has a sign and no width: the mask makes a word of it.
def as_word(number: int | np.integer[Any]) -> np.uint64:
    """A Python int of any sign and size as a uint64 key part (modulo 2^64)."""
    # Seeds and tiles are small, and making a number of NumPy takes as long as four looks.
    if type(number) is int and 0 <= number < len(_SMALL):
        return _SMALL[number]
    return U(int(number) & 0xFFFFFFFFFFFFFFFF)
