"""Numbers by which training kernels walk over operands of up to four axes: sizes of the output, and
the distance of neighbours in each operand, 0 along an axis that is repeated.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archsim.operators.shapes import Shape

AXES = 4


def strides_of(shape: Shape) -> tuple[int, ...]:
    """The distance of neighbours along each axis of values that lie row by row."""
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))


def four(numbers: tuple[int, ...], fill: int) -> tuple[int, ...]:
    """The numbers of the last four axes, `fill` for those in front that are not there."""
    return (fill,) * (AXES - len(numbers)) + tuple(numbers)


def joined_numbers(out: Shape, first: Shape, second: Shape) -> tuple[int, ...]:
    """12 numbers of a join: sizes, and strides of both operands; none for more axes than four."""
    if len(out) > AXES:
        return ()
    strides = []
    for shape in (first, second):
        own = [
            0 if size == 1 else stride
            for size, stride in zip(shape, strides_of(shape), strict=True)
        ]
        strides.append(four(tuple(own), 0))
    return (*four(out, 1), *strides[0], *strides[1])


def moved_numbers(
    out: tuple[int, ...], strides: tuple[int, ...], start: int = 0
) -> tuple[int, ...]:
    """9 numbers of a move: sizes of the output, strides in the input, number of its first element;
    none for more axes than four.
    """
    kept = [(size, stride) for size, stride in zip(out, strides) if size > 1]
    if len(kept) > AXES:
        return ()
    sizes = four(tuple(size for size, _ in kept), 1)
    return (*sizes, *four(tuple(stride for _, stride in kept), 0), start)
