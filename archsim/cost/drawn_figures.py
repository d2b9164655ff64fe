"""Figures of the library moved to a draw, while prices are asked for."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping, Set
from dataclasses import replace

import numpy as np

from hwlib import load_figures
from hwlib.figures import find_figure, move_figures
from hwlib.scaling import scaling_factor


def draw_value(low: float, value: float, high: float, share: float) -> float:
    """The draw at `share` (0 to 1): 0 gives low, 0.5 the value, 1 high; evenly in the logarithm
    where all are positive.
    """
    # Two pieces that meet at the value: it is the median even where the range is lopsided.
    start, end, part = (low, value, 2 * share) if share < 0.5 else (value, high, 2 * share - 1)
    # A low of zero has no logarithm (a part that may be free): evenly then.
    if start > 0:
        return start * math.pow(end / start, part)
    return start + part * (end - start)


@contextlib.contextmanager
def figures_at(shares: np.ndarray, names: Set[str] | None = None) -> Iterator[None]:
    """While it lasts, hwlib's figures lie at these shares of their ranges and have none themselves.
    With `names` only these figures move.
    """
    moved = {
        name: draw_value(figure.low, figure.value, figure.high, float(share))
        for (name, figure), share in zip(load_figures().items(), shares)
        if names is None or name in names
    }
    with figures_moved_to(moved):
        yield


@contextlib.contextmanager
def figures_moved_to(values: Mapping[str, float]) -> Iterator[None]:
    """While it lasts, these figures have these values, in hwlib's base units, and no range; a figure
    that a part of one's own made is none of the library's, and stays.

    The one place that changes figures: prices kept in hwlib's caches stay those of the printed
    figures.
    """
    # Held before anything moves: whatever happens inside, these are put back.
    printed = {name: held for name in values if (held := find_figure(name))}
    moved = {
        name: replace(held, value=values[name], low=values[name], high=values[name])
        for name, held in printed.items()
    }
    try:
        move_figures(moved)
        # Its cache is by node and class and does not see figures: it would answer with the
        # exponents of before, and later with those of the draw.
        scaling_factor.cache_clear()
        yield
    finally:
        move_figures(printed)
        scaling_factor.cache_clear()
