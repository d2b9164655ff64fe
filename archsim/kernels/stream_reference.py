"""Slow and plain twins of the streams: bits as NumPy arrays of 0 and 1 (..., L), the last axis the cycles; gates on packed words."""

from __future__ import annotations

import numpy as np

U = np.uint64


def unpack(words: np.ndarray, length: int) -> np.ndarray:
    """Bits uint8 (n, L) of packed words uint64 (words, n)."""
    cycles = np.arange(length)
    return (words[cycles // 64].T >> U(1) * (cycles % 64).astype(U) & U(1)).astype(np.uint8)


def bits_of(thresholds: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Bits (n, L): numbers (L,) or (n, L) below thresholds (n,)."""
    return (np.atleast_2d(numbers) < np.asarray(thresholds)[:, None]).astype(np.uint8)


def multiply(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """AND of words or bits: the product of unipolar streams."""
    return a & b


def multiply_bipolar(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """XNOR of bits: the product of bipolar streams."""
    return 1 - (a ^ b)


def scaled_add(select: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Multiplexer of bits: s a + (1 - s) b."""
    return np.where(select == 1, a, b)


def subtract(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """XOR of two streams of one generator: |a - b|."""
    return a ^ b


def parallel_count(bits: np.ndarray) -> np.ndarray:
    """Sum over the streams (n, L) in each cycle: the parallel counter."""
    return bits.sum(axis=0, dtype=np.int64)


def average_reference(counter: int, signed_bits: np.ndarray, fed: np.ndarray, bits: int) -> int:
    """The leaky average of one value, cycle by cycle: signed bits (L,) in, numbers `fed` (L,) of its own stream, 16-bit."""
    top = 1 << bits
    for bit, number in zip(signed_bits, fed):
        leak = int(number < abs(counter) * 65536 // top)
        counter += int(bit) - (leak if counter > 0 else -leak)
        counter = min(max(counter, -top), top)
    return counter


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Stochastic correlation of two bit streams, -1 to 1 (Alaghi & Hayes; the four counts as in UnarySim's metric)."""
    both, one, other, none = (int(np.sum(pair)) for pair in (a & b, a & (1 - b), (1 - a) & b, (1 - a) & (1 - b)))
    total, product = both + one + other + none, both * none - one * other
    if product > 0:
        return product / max(1, total * min(both + one, both + other) - (both + one) * (both + other))
    return product / max(1, (both + one) * (both + other) - total * max(both - none, 0))
