"""What an array of devices is drawn from: normals keyed by tile, and devices that are stuck."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from archsim.kernels.random import DEVICE, as_word, fill_normals, row_key, stream_key


def normals_of(rows: int, columns: int, seed: int, tile: int) -> Callable[[], np.ndarray]:
    """A call that gives fresh normals each time, float64 (rows, columns): the same ones in the same
    order for one seed and tile, and for a device whatever the size of its array.
    """
    key = stream_key(as_word(seed), as_word(0), as_word(tile), DEVICE)
    # The number of the call is in the key: a law that draws one plane more leaves those before it
    # as they were.
    number = iter(range(1 << 16))

    def draw() -> np.ndarray:
        values = np.empty((rows, columns), np.float32)
        # Keyed by row and column: the same device in an array of another size.
        fill_normals(np.uint64(row_key(np.uint64(key), np.uint64(next(number)))), values)
        return values.astype(np.float64)

    return draw


def stick_some(
    planes: Sequence[np.ndarray], draw: Callable[[], np.ndarray], probability: float, reach: float
) -> None:
    """Make devices stick by chance: they take no step, and both their bounds are where they stand.

    Args:
        planes: up step, down step, lower and upper bound, (M, N) each, in place; others stay.
        draw: gives fresh normals, (M, N).
        probability: of a device to stick.
        reach: largest weight at which one sticks, before its bounds; even between both signs.
    """
    # From normals, since those are what a law is given; a share of devices needs a uniform number.
    stuck = normal_to_uniform(draw()) < probability
    stuck_at = np.clip((2 * normal_to_uniform(draw()) - 1) * reach, planes[2], planes[3])
    no_step = np.zeros_like(stuck_at)
    for plane, value in zip(planes, (no_step, no_step, stuck_at, stuck_at)):
        plane[...] = np.where(stuck, value, plane)


def rows_alike(planes: np.ndarray) -> bool:
    """Whether the planes (M, S, P, N) of all rows are the same numbers."""
    # The last row alone tells nearly every array that has a spread.
    return np.array_equal(planes[0], planes[-1]) and bool((planes == planes[0]).all())


def normal_to_uniform(normals: np.ndarray) -> np.ndarray:
    """The normal distribution function by a table of 4096 intervals: uniform numbers in (0, 1), to
    1e-4.
    """
    # Beyond 8.5 deviations a float32 normal does not come.
    grid = np.linspace(-8.5, 8.5, 4097)
    density = np.exp(-(grid**2) / 2)
    area = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2)])
    return np.interp(normals, grid, area / area[-1])
