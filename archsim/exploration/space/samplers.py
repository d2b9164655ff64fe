"""How points are drawn from a space, one at a time: the grid, random, Latin hypercube and Sobol
points. (Guided search: nsga2.py.)
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from typing import Any

from archsim.basics.sobol import sobol_points
from archsim.exploration.space.space import Space
from hwlib.errors import InputError

_TRIES = 10_000


def points(space: Space) -> Iterator[tuple[Any, ...]]:
    """The points of a space that its conditions allow, always in the same order; none is kept.

    The grid varies the last axis fastest. `random` draws until it has as many as asked for; the
    Latin hypercube and Sobol points that a condition forbids are left out, so that what is left
    stays even. A point may come twice.
    """
    drawn = {
        "grid": _grid,
        "random": _random,
        "latin_hypercube": _latin_hypercube,
        "sobol": _sobol,
    }[space.sampler.kind](space)
    if space.sampler.kind == "random":
        yield from drawn
        return
    for point in drawn:
        if space.allows(point):
            yield point


def most_points(space: Space) -> int:
    """How many points `points` gives at most."""
    if space.sampler.points is not None:
        return space.sampler.points
    if space.size is None:
        raise TypeError("a grid has steps on every axis")
    return space.size


def distinct_points(space: Space) -> int | None:
    """How many different points draws can give; None where they are not known to repeat: on a grid,
    with a continuous axis, and where fewer are drawn than there are.
    """
    if space.sampler.kind == "grid" or space.size is None or space.size > space.sampler.draws:
        return None
    if not space.conditions:
        return space.size
    # not more than are drawn, each of which is held against the conditions too
    return sum(map(space.allows, _grid(space)))


def _grid(space: Space) -> Iterator[tuple[Any, ...]]:
    return itertools.product(*(axis.values for axis in space.axes))


def _random(space: Space) -> Iterator[tuple[Any, ...]]:
    generator = random.Random(space.sampler.seed)
    drawn = 0
    tries = 0
    while drawn < space.sampler.draws:
        point = tuple(axis.at(generator.random()) for axis in space.axes)
        if space.allows(point):
            drawn += 1
            tries = 0
            yield point
            continue
        tries += 1
        # In a row: conditions that leave a small part are met in the end, impossible ones never.
        if tries == _TRIES:
            raise InputError(
                f"of {_TRIES} points drawn none meets the conditions",
                where="conditions",
                got=[condition.text for condition in space.conditions],
            )


def _latin_hypercube(space: Space) -> Iterator[tuple[Any, ...]]:
    import numpy as np

    # Before conditions: the slices are those of the whole space.
    count = space.sampler.draws
    generator = np.random.Generator(np.random.Philox(space.sampler.seed))
    # one permutation an axis: every slice of every axis is hit exactly once
    shares = [(generator.permutation(count) + generator.random(count)) / count for _ in space.axes]
    for index in range(count):
        yield tuple(axis.at(float(column[index])) for axis, column in zip(space.axes, shares))


def _sobol(space: Space) -> Iterator[tuple[Any, ...]]:
    for shares in sobol_points(len(space.axes), space.sampler.draws, space.sampler.seed):
        yield tuple(axis.at(share) for axis, share in zip(space.axes, shares))
