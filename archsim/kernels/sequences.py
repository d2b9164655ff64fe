"""The number sequences of hardware generators, as tables of one period: shift registers and Sobol
generators of 3 to 16 bits.

A comparator makes a bit of a stream: 1 where the number of the cycle lies below a level.
"""

from __future__ import annotations

import functools

import numpy as np

NARROWEST, WIDEST = 3, 16
# Taps of registers that pass all states but zero: P. Alfke, Efficient Shift Registers, LFSR
# Counters, and Long Pseudo-Random Sequence Generators, Xilinx XAPP 052 (1996), table 3.
TAPS = {
    3: (3, 2),
    4: (4, 3),
    5: (5, 3),
    6: (6, 5),
    7: (7, 6),
    8: (8, 6, 5, 4),
    9: (9, 5),
    10: (10, 7),
    11: (11, 9),
    12: (12, 6, 4, 1),
    13: (13, 4, 3, 1),
    14: (14, 5, 3, 1),
    15: (15, 14),
    16: (16, 15, 13, 4),
}
DIMENSIONS = 6
# Degree, polynomial and first direction numbers of dimensions 1 to 5 (Joe & Kuo 2008); dimension 0
# is van der Corput's.
_DIRECTIONS = (
    (1, 0, (1,)),
    (2, 1, (1, 3)),
    (3, 1, (1, 3, 1)),
    (3, 2, (1, 1, 1)),
    (4, 1, (1, 1, 3, 3)),
)


@functools.cache
def register_states(bits: int) -> np.ndarray:
    """uint16 (2^bits - 1,): the states of a shift register of `bits` bits, from 1 on.

    The register shifts down; the exclusive or of its taps enters on top. XAPP 052 feeds back the
    inverse, which only names the states otherwise.
    """
    states = np.zeros(2**bits - 1, np.uint16)
    state = 1
    for cycle in range(len(states)):
        states[cycle] = state
        feedback = 0
        for tap in TAPS[bits]:
            feedback ^= state >> (bits - tap)
        state = state >> 1 | (feedback & 1) << (bits - 1)
    return states


@functools.cache
def sobol_points(bits: int, dimension: int) -> np.ndarray:
    """uint16 (2^bits,): the points of one Sobol dimension in the order of the hardware.

    A cycle exclusive-ors one direction number, that of the least significant zero of the cycle
    counter, so the points come in Gray-code order (Antonov & Saleev 1979); so does the generator
    whose synthesis is priced (UnarySim, hw/rng/SobolRNG).
    """
    cycle = np.arange(2**bits, dtype=np.int64)
    gray = cycle ^ cycle >> 1
    points = np.zeros(2**bits, np.uint16)
    for bit, direction in enumerate(_directions(bits, dimension)):
        points ^= ((gray >> bit & 1) * direction).astype(np.uint16)
    return points


def _directions(bits: int, dimension: int) -> list[int]:
    """The direction numbers of one dimension, that of the highest bit first."""
    if dimension == 0:
        # Van der Corput's points have the bits of a number in reverse order.
        return [1 << (bits - 1 - bit) for bit in range(bits)]
    degree, polynomial, first = _DIRECTIONS[dimension - 1]
    numbers = list(first)
    for bit in range(degree, bits):
        value = numbers[bit - degree] ^ numbers[bit - degree] << degree
        for k in range(1, degree):
            if polynomial >> (degree - 1 - k) & 1:
                value ^= numbers[bit - k] << k
        numbers.append(value)
    return [number << (bits - 1 - bit) for bit, number in enumerate(numbers[:bits])]
