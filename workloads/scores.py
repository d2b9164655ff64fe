"""Where a network has its class scores: of an image, of each step of a sequence, or of each pixel of an
image or a volume.
"""

from __future__ import annotations

from typing import NamedTuple


class Scores(NamedTuple):
    """Class scores at the end of a network.

    Args:
        positions: what has scores each: () an image, (steps,), (height, width) or (depth, height,
            width).
        classes: scores of a position.
        axis: that of the classes in the output, counted from the first.
    """

    positions: tuple[int, ...]
    classes: int
    axis: int


def scores_of(shape: tuple[int, ...]) -> Scores | None:
    """The scores in an output (classes,), (steps, classes), (classes, height, width) or (classes,
    depth, height, width); None where it has another shape, or is a map of one channel, which tells
    no classes apart.
    """
    if len(shape) in (3, 4) and shape[0] > 1:
        return Scores(shape[1:], shape[0], 0)
    if len(shape) in (1, 2):
        return Scores(shape[:-1], shape[-1], len(shape) - 1)
    return None
