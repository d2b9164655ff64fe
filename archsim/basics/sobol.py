"""Sobol points: a low-discrepancy sequence in up to 21 dimensions.

Direction numbers: S. Joe and F. Y. Kuo, "Constructing Sobol sequences with better two-dimensional
projections", SIAM J. Sci.
Comput. 30 (2008), file new-joe-kuo-6.21201. Points in the order of the Gray code (Antonov and
Saleev 1979), shifted digitally by the seed.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from hwlib.errors import InputError

BITS = 30
# (degree, coefficients of the primitive polynomial, first direction numbers) of dimensions 2 to 21
_JOE_KUO = (
    (1, 0, (1,)),
    (2, 1, (1, 3)),
    (3, 1, (1, 3, 1)),
    (3, 2, (1, 1, 1)),
    (4, 1, (1, 1, 3, 3)),
    (4, 4, (1, 3, 5, 13)),
    (5, 2, (1, 1, 5, 5, 17)),
    (5, 4, (1, 1, 5, 5, 5)),
    (5, 7, (1, 1, 7, 11, 19)),
    (5, 11, (1, 1, 5, 1, 1)),
    (5, 13, (1, 1, 1, 3, 11)),
    (5, 14, (1, 3, 5, 5, 31)),
    (6, 1, (1, 3, 3, 9, 7, 49)),
    (6, 13, (1, 1, 1, 15, 21, 21)),
    (6, 16, (1, 3, 1, 13, 27, 49)),
    (6, 19, (1, 1, 1, 15, 7, 5)),
    (6, 22, (1, 3, 1, 15, 13, 25)),
    (6, 25, (1, 1, 5, 5, 19, 61)),
    (7, 1, (1, 3, 7, 11, 23, 15, 103)),
    (7, 4, (1, 3, 7, 13, 13, 15, 69)),
)
MAX_DIMENSIONS = 1 + len(_JOE_KUO)


def _directions(dimension: int) -> list[int]:
    if dimension == 0:
        return [1 << (BITS - 1 - i) for i in range(BITS)]
    degree, coefficients, first = _JOE_KUO[dimension - 1]
    numbers = [m << (BITS - 1 - i) for i, m in enumerate(first)]
    for i in range(degree, BITS):
        value = numbers[i - degree] ^ (numbers[i - degree] >> degree)
        for k in range(1, degree):
            if coefficients >> (degree - 1 - k) & 1:
                value ^= numbers[i - k]
        numbers.append(value)
    return numbers


def sobol_points(
    dimensions: int, count: int, seed: int | None = None
) -> Iterator[tuple[float, ...]]:
    """`count` points of the unit cube, each a tuple of `dimensions` numbers from 0 up to 1. Without
    a seed the plain sequence.

    Raises InputError for more dimensions than there are direction numbers for.
    """
    if dimensions > MAX_DIMENSIONS:
        raise InputError(
            "too many axes for Sobol points",
            where="sampler.kind",
            got=dimensions,
            allowed=f"up to {MAX_DIMENSIONS} axes",
            hint="use latin_hypercube",
        )
    directions = [_directions(d) for d in range(dimensions)]
    generator = random.Random(seed)
    state = (
        [0] * dimensions
        if seed is None
        else [generator.getrandbits(BITS) for _ in range(dimensions)]
    )
    for index in range(count):
        yield tuple(value / (1 << BITS) for value in state)
        flips = (~index & (index + 1)).bit_length() - 1  # the lowest zero bit of the index
        if flips < BITS:
            state = [value ^ direction[flips] for value, direction in zip(state, directions)]
