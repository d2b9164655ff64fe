"""How points are drawn from a space, one at a time: the grid, random, Latin hypercube and Sobol
points. (Guided search: nsga2.py.)
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from typing import Any

from archsim.exploration.space.sobol import sobol_points
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
    return space.sampler.points if space.sampler.points is not None else space.size


def _grid(space: Space) -> Iterator[tuple]:
    return itertools.product(*(axis.values for axis in space.axes))


def _random(space: Space) -> Iterator[tuple]:
    generator = random.Random(space.sampler.seed)
    found = 0
    tries = 0
    while found < space.sampler.points:
        point = tuple(axis.at(generator.random()) for axis in space.axes)
        if space.allows(point):
            found, tries = found + 1, 0
            yield point
        elif (tries := tries + 1) == _TRIES:
            raise InputError(
                f"of {_TRIES} points drawn none meets the conditions",
                where="conditions",
                got=[condition.text for condition in space.conditions],
            )


def _latin_hypercube(space: Space) -> Iterator[tuple]:
    import numpy as np

    count = space.sampler.points
    generator = np.random.Generator(np.random.Philox(space.sampler.seed))
    # one permutation an axis: every slice of every axis is hit exactly once
    shares = [(generator.permutation(count) + generator.random(count)) / count for _ in space.axes]
    for index in range(count):
        yield tuple(axis.at(float(column[index])) for axis, column in zip(space.axes, shares))


def _sobol(space: Space) -> Iterator[tuple]:
    for shares in sobol_points(len(space.axes), space.sampler.points, space.sampler.seed):
        yield tuple(axis.at(share) for axis, share in zip(space.axes, shares))
