"""NumPy twins of `stream_filters`: a row of counters at a time, cycle by cycle, with the same
numbers and the same bits.
"""

from __future__ import annotations

import numpy as np

from archsim.kernels.stream_filters import (
    AGAIN,
    FEEDBACK,
    FIRST,
    GRADIENT,
    ROOT,
    SAVED,
    SECOND,
    STREAMS,
    Moments,
    StreamDrawing,
    Widths,
)
from archsim.kernels.stream_reference import numbers_reference, thresholds_reference


def stream_of(
    counter: np.ndarray, bits: int, transfer: np.ndarray, numbers: np.ndarray
) -> np.ndarray:
    """Bits (n,) of the streams of counters (n,) of `bits` bits; numbers (n,) or (1,)."""
    levels = transfer.shape[1] - 1
    chosen = (counter.astype(np.int64) * levels + (1 << (bits - 1))) >> bits
    return (numbers < transfer[np.arange(len(counter)) % len(transfer), chosen]).astype(np.int64)


def drawn_reference(drawing: StreamDrawing, row: int, columns: int) -> dict[int, np.ndarray]:
    """Numbers (L, columns), or (L, 1) where a row shares them, of every stream of a row."""
    numbers = drawing.numbers
    lines = np.zeros(1, int) if numbers.shared else 1 + np.arange(columns)
    cycles = drawing.first_cycle + row * drawing.length + np.arange(drawing.length)
    source = numbers.source, numbers.tables, numbers.key
    return {
        dimension: numbers_reference(*source, dimension, lines, cycles).T
        for dimension in range(STREAMS)
    }


def average_reference(
    counters: np.ndarray, values: np.ndarray, bits: int, drawing: StreamDrawing, ones: np.ndarray
) -> None:
    """Twin of `stream_filters.average`: c <- c + g - u, kept within +-2^bits."""
    top = 1 << bits
    transfer = drawing.transfer
    for i, line in enumerate(counters):
        levels, signs = thresholds_reference(values[i], drawing.inverse, False, transfer, 0)
        drawn = drawn_reference(drawing, i, len(line))
        for k in range(drawing.length):
            bit = (drawn[GRADIENT][k] < levels).astype(np.int64)
            leak = stream_of(np.abs(line), bits, transfer, drawn[FIRST][k])
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
    waiting = below == 0
    one = (above == 1) | (saved > 0)
    return (
        np.where(waiting, held, one),
        np.where(waiting, np.minimum(saved + above, SAVED), saved - np.where(one, 1 - above, 0)),
    )


def adam_reference(
    moments: Moments,
    quotients: np.ndarray,
    values: np.ndarray,
    widths: Widths,
    drawing: StreamDrawing,
    ones: np.ndarray,
) -> None:
    """Twin of `stream_filters.adam`."""
    m_top, v_top = 1 << widths.first, 1 << widths.second
    transfer = drawing.transfer
    for i in range(len(quotients)):
        m, v, s, q, kept = (state[i] for state in moments)  # views: written in place
        levels, signs = thresholds_reference(values[i], drawing.inverse, False, transfer, 0)
        drawn = drawn_reference(drawing, i, len(m))
        total = np.zeros(len(m), np.int64)
        for k in range(drawing.length):
            g = (drawn[GRADIENT][k] < levels).astype(np.int64)
            again = (drawn[AGAIN][k] < levels).astype(np.int64)
            m_bit = stream_of(np.abs(m), widths.first, transfer, drawn[FIRST][k])
            v_bit = stream_of(v, widths.second, transfer, drawn[SECOND][k])
            s_bit = stream_of(s, widths.root, transfer, drawn[ROOT][k])
            other = stream_of(s, widths.root, transfer, drawn[FEEDBACK][k])
            ones[0] += sum(int(stream.sum()) for stream in (g, again, m_bit, v_bit, s_bit, other))
            q[:], kept[:] = divide_reference(q, kept, m_bit, s_bit)
            total += np.sign(m) * q
            m[:] = np.clip(m + signs * g - np.where(m > 0, m_bit, -m_bit), -m_top, m_top)
            v[:] = np.clip(v + g * again - v_bit, 0, v_top)
            s[:] = square_root_reference(s, widths.root, v_bit, s_bit, other)
        quotients[i] = total.astype(np.float32) / np.float32(drawing.length)
