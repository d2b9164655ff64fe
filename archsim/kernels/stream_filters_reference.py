"""NumPy twins of `stream_filters`: a row of counters at a time, cycle by cycle, with the same
numbers and the same bits.
"""

from __future__ import annotations

import numpy as np

from archsim.kernels.stream_filters import AGAIN, FEEDBACK, FIRST, GRADIENT, ROOT, SAVED, SECOND
from archsim.kernels.stream_reference import numbers_reference, thresholds_reference


def stream_of(
    counter: np.ndarray, bits: int, transfer: np.ndarray, numbers: np.ndarray
) -> np.ndarray:
    """Bits (n,) of the streams of counters (n,) of `bits` bits; numbers (n,) or (1,)."""
    levels = transfer.shape[1] - 1
    places = (counter.astype(np.int64) * levels + (1 << (bits - 1))) >> bits
    return (numbers < transfer[np.arange(len(counter)) % len(transfer), places]).astype(np.int64)


def average_reference(
    counters,
    values,
    inverse,
    length,
    bits,
    transfer,
    source,
    tables,
    key,
    shared,
    first_place,
    ones,
):
    """Twin of `stream_filters.average`: c <- c + g - u, kept within +-2^bits."""
    lines = [0] if shared else 1 + np.arange(counters.shape[1])
    top = 1 << bits
    for i, line in enumerate(counters):
        levels, signs = thresholds_reference(values[i], inverse, False, transfer, 0)
        cycles = first_place + i * length + np.arange(length)
        drawn, fed = (
            numbers_reference(source, tables, key, dimension, lines, cycles).T
            for dimension in (GRADIENT, FIRST)
        )
        for k in range(length):
            bit = (drawn[k] < levels).astype(np.int64)
            leak = stream_of(np.abs(line), bits, transfer, fed[k])
            line[:] = np.clip(line + signs * bit - np.where(line > 0, leak, -leak), -top, top)
            ones[0] += bit.sum() + leak.sum()


def square_root_reference(
    root: np.ndarray, bits: int, value_bit: np.ndarray, root_bit: np.ndarray, other_bit: np.ndarray
) -> np.ndarray:
    """Twin of `stream_filters.square_root_cycle`."""
    return np.clip(root + value_bit - root_bit * other_bit, 1, 1 << bits)


def divide_reference(
    held: np.ndarray, saved: np.ndarray, above: np.ndarray, below: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Twin of `stream_filters.divide_cycle`: (quotient bits, ones held back)."""
    waiting, one = below == 0, (above == 1) | (saved > 0)
    return (
        np.where(waiting, held, one),
        np.where(waiting, np.minimum(saved + above, SAVED), saved - np.where(one, 1 - above, 0)),
    )


def adam_reference(
    first,
    second,
    root,
    held,
    saved,
    quotients,
    values,
    inverse,
    length,
    bits,
    transfer,
    source,
    tables,
    key,
    shared,
    first_place,
    ones,
):
    """Twin of `stream_filters.adam`."""
    lines = [0] if shared else 1 + np.arange(first.shape[1])
    m_top, v_top = 1 << bits[0], 1 << bits[1]
    for i in range(len(first)):
        m, v, s, q, kept = (
            state[i] for state in (first, second, root, held, saved)
        )  # views: written in place
        levels, signs = thresholds_reference(values[i], inverse, False, transfer, 0)
        cycles = first_place + i * length + np.arange(length)
        total = 0
        numbers = [
            numbers_reference(source, tables, key, dimension, lines, cycles).T
            for dimension in range(6)
        ]
        for k in range(length):
            g, again = (
                (numbers[dimension][k] < levels).astype(np.int64) for dimension in (GRADIENT, AGAIN)
            )
            m_bit = stream_of(np.abs(m), bits[0], transfer, numbers[FIRST][k])
            v_bit = stream_of(v, bits[1], transfer, numbers[SECOND][k])
            s_bit, other = (
                stream_of(s, bits[2], transfer, numbers[dimension][k])
                for dimension in (ROOT, FEEDBACK)
            )
            ones[0] += sum(int(stream.sum()) for stream in (g, again, m_bit, v_bit, s_bit, other))
            q[:], kept[:] = divide_reference(q, kept, m_bit, s_bit)
            total = total + np.sign(m) * q
            m[:] = np.clip(m + signs * g - np.where(m > 0, m_bit, -m_bit), -m_top, m_top)
            v[:] = np.clip(v + g * again - v_bit, 0, v_top)
            s[:] = square_root_reference(s, bits[2], v_bit, s_bit, other)
        quotients[i] = total.astype(np.float32) / np.float32(length)
