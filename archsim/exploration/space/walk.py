"""The points of a sweep with their keys, in the order of the space and each once."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from archsim.exploration.space.keys import key_of
from archsim.exploration.space.samplers import distinct_points, points
from archsim.exploration.space.space import Space

Point = tuple[Any, ...]
Keyed = tuple[str, Point]
Walk = Callable[[], Iterable[Keyed]]


def keyed(space: Space, drawn: Iterable[Point] | None = None) -> Iterator[Keyed]:
    """(key, axis values) of every different design. Nothing is kept but the keys, and the points
    where a space has so few that draws repeat them: those cost a look and no design, and the walk
    ends when none is left.
    """
    most = None if drawn is not None else distinct_points(space)
    keys: set[int] = set()
    known: set[tuple[Any, ...]] = set()
    for point in points(space) if drawn is None else drawn:
        if most is not None:
            # True and 1 are different values of an axis
            typed = tuple((value, value.__class__ is bool) for value in point)
            if typed in known:
                continue
            known.add(typed)
        key = key_of(space.design(point))
        number = int(key, 16)
        if number not in keys:
            keys.add(number)
            yield key, point
        # All that there are have come: further draws could only repeat them.
        if most is not None and len(known) >= most:
            return


@dataclass(frozen=True)
class Planned:
    """The points of a rung: `walk` gives them, one at a time and each time anew; `most` is how many
    they are at most.
    """

    walk: Walk
    most: int

    @classmethod
    def of(cls, points: list[Keyed]) -> Planned:
        """Points that are known already."""
        return cls(lambda: points, len(points))

    def first(self, count: int) -> Planned:
        """The first `count` of them."""
        return Planned(partial(_first, self.walk, count), min(self.most, count))


def _first(walk: Walk, count: int) -> Iterator[Keyed]:
    return itertools.islice(walk(), count)
