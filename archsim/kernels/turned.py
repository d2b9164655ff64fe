"""The inputs of vectors that lie side by side, vector by vector."""

from __future__ import annotations

import numpy as np

from archsim.kernels.compiled import borrowed, kernel
from archsim.kernels.vector_parts import SIDE, turn_square

U = np.uint64
FEW = 4  # of sixteen vectors: so many are fetched one by one


@kernel
def turn_block(values, first, count, turned):
    """turned[n] = vector `first` + n of values (N, V), for n < `count`."""
    lines = values.shape[0]
    if lines < SIDE or count < SIDE:
        for line in range(lines):
            row = values[line]
            for n in range(count):
                turned[n, line] = row[first + n]
        return
    # The last sixteen begin a little earlier where some are left over: the same numbers again.
    for start in range(0, count, SIDE):
        n = min(start, count - SIDE)
        part = turned[n : n + SIDE]
        for line in range(0, lines, SIDE):
            turn_square(values, min(line, lines - SIDE), first + n, part)


@kernel
def turn_inputs(values, active, first, turned, vectors):
    """turned[n] = the inputs (N,) of vector vectors[n]: of some from `first` on, SIDE at most, among them
    every one up to the last in which a row pulses (active[v] is not 0). Returns how many.

    They are read side by side, since a walk down each vector would take a line of the cache for
    every number.
    """
    values = borrowed(values)
    active = borrowed(active)
    turned = borrowed(turned)
    vectors = borrowed(vectors)
    lines, count = values.shape
    begin = min(first, count - SIDE)
    pulsing = 0
    for v in range(first, begin + SIDE):
        pulsing += active[v] != U(0)
    if pulsing > FEW and begin >= 0 and lines >= SIDE:
        for n in range(SIDE):
            vectors[n] = begin + n
        turn_block(values, begin, SIDE, turned)
        return np.int64(SIDE)
    number = np.int64(0)
    v = first
    while v < count and number < vectors.shape[0]:
        vectors[number] = v
        number += active[v] != U(0)
        v += 1
    for line in range(lines):
        row = values[line]
        for n in range(number):
            turned[n, line] = row[vectors[n]]
    return number
