"""The points of a sweep with their keys, in the order of the space and each once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from archsim.exploration.space.design import key_of
from archsim.exploration.space.samplers import points
from archsim.exploration.space.space import Space

Keyed = tuple[str, tuple]


def keyed(space: Space, drawn: Iterable[tuple] | None = None) -> Iterator[Keyed]:
    """(key, axis values) of every different design. Nothing is kept but the keys."""
    seen: set[int] = set()
    for point in points(space) if drawn is None else drawn:
        key = key_of(space.design(point))
        number = int(key, 16)
        if number not in seen:
            seen.add(number)
            yield key, point


Walk = Callable[[], Iterable[Keyed]]
