"""Numbers by which training kernels walk over operands of up to four axes: sizes of the output, and
the distance of neighbours in each operand, 0 along an axis that is repeated.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from archsim.operators.numbers import np

if TYPE_CHECKING:
    from archsim.operators.shapes import Shape

AXES = 4


def strides_of(shape: Shape) -> tuple[int, ...]:
    """The distance of neighbours along each axis of values that lie row by row."""
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))


def along(shape: Shape, axis: int) -> tuple[int, int, int]:
    """3 numbers of a walk along one axis: sets before it, its size, sets behind it."""
    axis %= len(shape)
    return (math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :]))


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


def walk_of(index: np.ndarray) -> tuple[int, ...]:
    """The 9 numbers of `moved_numbers` by which a walk meets these elements; none where no walk over
    four axes does.

    Args:
        index: numbers of elements, in the order in which they are met.
    """
    heads = np.asarray(index, np.int64).reshape(-1)
    if not heads.size or heads.min() < 0:
        return ()
    sizes: list[int] = []
    strides: list[int] = []
    while len(heads) > 1:
        run = _run_of(heads)
        if run == 1 or len(sizes) == AXES:
            return ()
        sizes.insert(0, run)
        strides.insert(0, int(heads[1] - heads[0]))
        heads = heads[::run]
    numbers = moved_numbers(tuple(sizes), tuple(strides), int(heads[0]))
    same = bool(numbers) and np.array_equal(walked(numbers), np.asarray(index).reshape(-1))
    return numbers if same else ()


def _run_of(heads: np.ndarray) -> int:
    """How many of the first elements follow each other at one distance, as a divisor of them all."""
    steps = np.diff(heads)
    breaks = np.flatnonzero(steps != steps[0])
    longest = int(breaks[0]) + 1 if breaks.size else len(heads)
    return next(run for run in range(longest, 0, -1) if len(heads) % run == 0)


def walked(numbers: Sequence[int]) -> np.ndarray:
    """The elements that a walk of 9 numbers meets, int64."""
    met = np.full((1,) * AXES, numbers[2 * AXES], np.int64)
    for axis in range(AXES):
        steps = np.arange(numbers[axis]) * numbers[AXES + axis]
        met = met + steps.reshape((-1, *(1,) * (AXES - 1 - axis)))
    return met.reshape(-1)
