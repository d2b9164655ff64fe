"""The inputs of vectors that lie side by side, vector by vector."""

from __future__ import annotations

import numpy as np

from archsim.kernels.compiled import borrowed, kernel

U = np.uint64
BLOCK = 16  # vectors whose inputs are read together: as many as a line of the cache holds


@kernel
def turn_inputs(values, active, first, turned):
    """turned[n] = the inputs (N,) of the n-th vector from `first` on in which a row pulses (active[v] is
    not 0), of BLOCK at most; returns how many. They are read line by line, since a walk down each
    vector would take a line of the cache for every number.
    """
    values = borrowed(values)
    active = borrowed(active)
    turned = borrowed(turned)
    vectors = np.empty(BLOCK, np.int64)
    number = 0
    v = first
    while v < active.shape[0] and number < turned.shape[0]:
        vectors[number] = v
        number += active[v] != U(0)
        v += 1
    if number == BLOCK and v == first + BLOCK:
        for j in range(values.shape[0]):
            row = values[j]
            for n in range(BLOCK):
                turned[n, j] = row[first + n]
        return number
    for j in range(values.shape[0]):
        row = values[j]
        for n in range(number):
            turned[n, j] = row[vectors[n]]
    return number
