"""Counters in a feedback loop of streams: leaky average (ADDIE), square root, division, and the
optimisers built of them.

Every element of a row has its counters; the numbers of a cycle are shared by the row, or each
element has its own generator.
A counter of B bits stands for c / 2^B. Shapes of state and gradients are (M, N); numbers are as in
`streams`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from archsim.kernels.compiled import borrowed, kernel
from archsim.kernels.stream_records import Numbers
from archsim.kernels.streams import number_at, set_thresholds

SAVED = 7  # ones that the divider's synchroniser can hold back
# The streams of an optimiser: dimensions of its generators.
GRADIENT, AGAIN, FIRST, SECOND, ROOT, FEEDBACK = range(6)
STREAMS = 6


@kernel
def threshold_of(counter, bits, transfer, device):
    """Threshold of the stream of a counter of `bits` bits (0 to 2^bits)."""
    levels = transfer.shape[1] - 1
    return transfer[device % transfer.shape[0], (counter * levels + (1 << (bits - 1))) >> bits]


class StreamDrawing(NamedTuple):
    """The streams that an optimiser draws: `length` cycles a gradient, whose values are multiplied
    by `inverse` float32; `transfer` the thresholds of the converters (see `streams.Multiplier`);
    `numbers` where the bits come from; `first_cycle` of the first row's first number.
    """

    inverse: np.float32
    length: int
    transfer: np.ndarray
    numbers: Numbers
    first_cycle: int


class Moments(NamedTuple):
    """What Adam on streams keeps of every weight, int32 (M, N): counters of the first moment m, of
    the second moment v and of its root s; last bit of the divider, and ones that it holds back.
    """

    first: np.ndarray
    second: np.ndarray
    root: np.ndarray
    held: np.ndarray
    saved: np.ndarray


class Widths(NamedTuple):
    """Bits of the counters of m, of v and of s."""

    first: int
    second: int
    root: int


@kernel
def draw_numbers(into, numbers, dimension, cycle):
    """Number `cycle` of every element of a row."""
    source = numbers.source
    tables = numbers.tables
    key = numbers.key
    if numbers.shared:
        into[:] = number_at(source, tables, key, dimension, 0, cycle)
    else:
        for j in range(into.shape[0]):
            into[j] = number_at(source, tables, key, dimension, j + 1, cycle)


@kernel
def average(counters, values, bits, drawing, ones):
    """Leaky average of signed values: c <- c + g_k - u_k for the length of the streams, g the stream
    of values x inverse, u that of c / 2^bits; c moves towards g by the share 1 - (1 - 2^-bits)^length.

    Args:
        counters: int32 (M, N), in place; the stream's sign goes beside it.
        values: float32 (M, N).
        bits: of a counter.
        drawing: `Drawing`.
        ones: int64 (1,) += bits that were 1.
    """
    counters = borrowed(counters)
    values = borrowed(values)
    drawing = borrowed(drawing)
    length = drawing.length
    transfer = drawing.transfer
    numbers = drawing.numbers
    rows, columns = counters.shape
    levels = np.empty(columns, np.int32)
    signs = np.empty(columns, np.int32)
    drawn = np.empty(columns, np.int32)
    fed = np.empty(columns, np.int32)
    top = np.int32(1 << bits)
    for i in range(rows):
        line = counters[i]
        set_thresholds(levels, signs, values[i], drawing.inverse, False, transfer, 0)
        for k in range(length):
            cycle = drawing.first_cycle + i * length + k
            draw_numbers(drawn, numbers, GRADIENT, cycle)
            draw_numbers(fed, numbers, FIRST, cycle)
            for j in range(columns):
                c = line[j]
                leak = np.int32(fed[j] < threshold_of(abs(c), bits, transfer, j))
                bit = np.int32(drawn[j] < levels[j])
                ones[0] += bit + leak
                c += signs[j] * bit - (leak if c > 0 else -leak)
                line[j] = min(max(c, -top), top)


@kernel
def square_root_cycle(root, bits, value_bit, root_bit, other_bit):
    """One cycle of the integrating square root: root <- root + v - s AND s', kept in 1 to 2^bits
    (counters of `bits` bits).
    """
    return min(max(root + value_bit - (root_bit & other_bit), np.int32(1)), np.int32(1 << bits))


@kernel
def divide_cycle(held, saved, above, below):
    """One cycle of the dividing state machine: (quotient bit, ones held back). Ones of the dividend
    that come while the divisor is 0 wait for a 1 of the divisor; while the divisor is 0 the last
    quotient bit stands (CORDIV with a synchroniser).
    """
    if below == 0:
        return held, min(saved + above, np.int32(SAVED))
    if above == 1 or saved > 0:
        return np.int32(1), saved - (np.int32(1) - above)
    return np.int32(0), saved


@kernel
def adam(moments, quotients, values, widths, drawing, ones):
    """Adam on streams: first moment m and second moment v by leaky averages (v of the product of
    two streams of |g|), s = sqrt(v) by an integrator, m/s by the divider.

    Args:
        moments: `Moments`, kept from batch to batch, so that root and divider follow instead of
            starting anew.
        quotients: float32 (M, N), filled: the mean of the signed quotient over the streams' length,
            in -1 to 1.
        values: float32 (M, N), the gradient.
        widths: `Widths` of the counters.
        drawing: `Drawing`.
        ones: int64 (1,) += bits that were 1.
    """
    moments = borrowed(moments)
    quotients = borrowed(quotients)
    values = borrowed(values)
    drawing = borrowed(drawing)
    first = moments.first
    second = moments.second
    root = moments.root
    held = moments.held
    saved = moments.saved
    length = drawing.length
    transfer = drawing.transfer
    rows, columns = first.shape
    levels = np.empty(columns, np.int32)
    signs = np.empty(columns, np.int32)
    n = np.empty((STREAMS, columns), np.int32)
    totals = np.empty(columns, np.int32)
    m_top = np.int32(1 << widths.first)
    v_top = np.int32(1 << widths.second)
    for i in range(rows):
        set_thresholds(levels, signs, values[i], drawing.inverse, False, transfer, 0)
        totals[:] = 0
        for k in range(length):
            cycle = drawing.first_cycle + i * length + k
            for dimension in range(STREAMS):
                draw_numbers(n[dimension], drawing.numbers, dimension, cycle)
            for j in range(columns):
                m = first[i, j]
                v = second[i, j]
                s = root[i, j]
                m_level = threshold_of(abs(m), widths.first, transfer, j)
                s_level = threshold_of(s, widths.root, transfer, j)
                g = np.int32(n[GRADIENT, j] < levels[j])
                again = np.int32(n[AGAIN, j] < levels[j])
                m_bit = np.int32(n[FIRST, j] < m_level)
                v_bit = np.int32(n[SECOND, j] < threshold_of(v, widths.second, transfer, j))
                s_bit = np.int32(n[ROOT, j] < s_level)
                other = np.int32(n[FEEDBACK, j] < s_level)
                ones[0] += g + again + m_bit + v_bit + s_bit + other
                bit, kept = divide_cycle(held[i, j], saved[i, j], m_bit, s_bit)
                held[i, j] = bit
                saved[i, j] = kept
                totals[j] += bit if m > 0 else (-bit if m < 0 else np.int32(0))
                moved = m + signs[j] * g - (m_bit if m > 0 else -m_bit)
                first[i, j] = min(max(moved, -m_top), m_top)
                second[i, j] = min(max(v + (g & again) - v_bit, np.int32(0)), v_top)
                root[i, j] = square_root_cycle(s, widths.root, v_bit, s_bit, other)
        for j in range(columns):
            quotients[i, j] = np.float32(totals[j]) / np.float32(length)
