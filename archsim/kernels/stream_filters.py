"""Counters in a feedback loop of streams: leaky average (ADDIE), square root, division, and the
optimisers built of them.

Every element of a row has its counters; the numbers of a cycle are shared by the row, or each
element has its own generator.
A counter of B bits stands for c / 2^B. Shapes of state and gradients are (M, N); numbers are as in
`streams`.
"""

from __future__ import annotations

import numpy as np

from archsim.kernels.compiled import kernel
from archsim.kernels.streams import number_at, set_thresholds

SAVED = 7  # ones that the divider's synchroniser can hold back
GRADIENT, AGAIN, FIRST, SECOND, ROOT, FEEDBACK = range(
    6
)  # the streams of an optimiser: dimensions of its generators


@kernel
def threshold_of(counter, bits, transfer, device):
    """Threshold of the stream of a counter of `bits` bits (0 to 2^bits)."""
    levels = transfer.shape[1] - 1
    return transfer[device % transfer.shape[0], (counter * levels + (1 << (bits - 1))) >> bits]


@kernel
def _numbers(into, source, tables, key, dimension, shared, place):
    if shared:
        into[:] = number_at(source, tables, key, dimension, 0, place)
    else:
        for j in range(into.shape[0]):
            into[j] = number_at(source, tables, key, dimension, j + 1, place)


@kernel
def average(
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
    """Leaky average of signed values: c <- c + g_k - u_k for `length` cycles, g the stream of
    values x inverse, u that of c / 2^bits; c moves towards g by the share 1 - (1 - 2^-bits)^length.
    counters int32 (M, N) in place; the stream's sign goes beside it.
    ones int64 (1,): bits that were 1."""
    rows, columns = counters.shape
    levels = np.empty(columns, np.int32)
    signs = np.empty(columns, np.int32)
    drawn = np.empty(columns, np.int32)
    fed = np.empty(columns, np.int32)
    top = np.int32(1 << bits)
    for i in range(rows):
        line = counters[i]
        set_thresholds(levels, signs, values[i], inverse, False, transfer, 0)
        for k in range(length):
            place = first_place + i * length + k
            _numbers(drawn, source, tables, key, GRADIENT, shared, place)
            _numbers(fed, source, tables, key, FIRST, shared, place)
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
def adam(
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
    """Adam on streams: first moment m and second moment v by leaky averages (v of the product of
    two streams of |g|), s = sqrt(v) by an integrator, m/s by the divider; `quotients` float32 (M,
    N) is the mean of the signed quotient over `length` cycles, in -1 to 1.

    bits: (of m, of v, of s); state int32 (M, N), kept from batch to batch, so that root and divider
    follow instead of starting anew.
    """
    rows, columns = first.shape
    levels = np.empty(columns, np.int32)
    signs = np.empty(columns, np.int32)
    n = np.empty((6, columns), np.int32)
    totals = np.empty(columns, np.int32)
    m_top = np.int32(1 << bits[0])
    v_top = np.int32(1 << bits[1])
    for i in range(rows):
        set_thresholds(levels, signs, values[i], inverse, False, transfer, 0)
        totals[:] = 0
        for k in range(length):
            place = first_place + i * length + k
            for dimension in range(6):
                _numbers(n[dimension], source, tables, key, dimension, shared, place)
            for j in range(columns):
                m = first[i, j]
                v = second[i, j]
                s = root[i, j]
                g = np.int32(n[0, j] < levels[j])
                m_bit = np.int32(n[2, j] < threshold_of(abs(m), bits[0], transfer, j))
                v_bit = np.int32(n[3, j] < threshold_of(v, bits[1], transfer, j))
                s_bit = np.int32(n[4, j] < threshold_of(s, bits[2], transfer, j))
                other = np.int32(n[5, j] < threshold_of(s, bits[2], transfer, j))
                again = np.int32(n[1, j] < levels[j])
                ones[0] += g + again + m_bit + v_bit + s_bit + other
                bit, kept = divide_cycle(held[i, j], saved[i, j], m_bit, s_bit)
                held[i, j], saved[i, j] = bit, kept
                totals[j] += bit if m > 0 else (-bit if m < 0 else np.int32(0))
                first[i, j] = min(
                    max(m + signs[j] * g - (m_bit if m > 0 else -m_bit), -m_top), m_top
                )
                second[i, j] = min(max(v + (g & again) - v_bit, np.int32(0)), v_top)
                root[i, j] = square_root_cycle(s, bits[2], v_bit, s_bit, other)
        for j in range(columns):
            quotients[i, j] = np.float32(totals[j]) / np.float32(length)
