"""The routes of messages through a network as rows of numbers, each made once for a layout.

`routes.tree` says what a route is, as branches that events walk along. Planning asks for thousands of
them, of which compiled events take rows and prices take sums: here they are these, without an object a
link. A route depends on the layout alone, so it is kept with it.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from archsim.chip.network.layout import NetworkLayout  # which keeps these

ROUTES_KEPT = 1 << 15
PATHS_KEPT = 1 << 16
"""How many are kept of a layout, a few tens of MB of the largest; then it begins anew."""

ROW = 4
"""Numbers of a branch in the rows of a route."""


class Passed(NamedTuple):
    """What one bit passes: routers, pitches of wire, links of a package."""

    routers: int
    pitches: float
    package_links: int


@dataclass(frozen=True, eq=False, slots=True)
class NetworkRoute:
    """The links that a packet from a terminal to others passes, each once.

    `rows` are those of its branches, ROW numbers each, one behind the other: link, class of buffers,
    the row of the first branch that leads on and how many do; those that lead on from one lie beside
    each other, the root first. `leaves` are its targets, `passed` is what a bit of it passes in all.
    """

    source: int
    targets: tuple[int, ...]
    rows: array[int]
    leaves: int
    passed: Passed


class RouteTable:
    """The routes of one layout, made when they are first asked for."""

    def __init__(self, layout: NetworkLayout):
        self.layout = layout
        self.classes = max(1, layout.routers.classes)
        self._terminals = len(layout.terminals)
        self._paths: dict[int, tuple[int, ...]] = {}
        self._reached: dict[int, int] = {}
        self._routes: dict[tuple[int, tuple[int, ...]], NetworkRoute] = {}
        # by length: the links that have it, a bit each
        self._lengths: dict[float, int] = {}
        for number, link in enumerate(layout.links):
            if link.pitches:
                self._lengths[link.pitches] = self._lengths.get(link.pitches, 0) | 1 << number

    def route(self, source: int, targets: tuple[int, ...]) -> NetworkRoute:
        """The route from a terminal to others, at least one and each once."""
        key = source, targets
        route = self._routes.get(key)
        if route is None:
            if len(self._routes) >= ROUTES_KEPT:
                self._routes.clear()
            route = self._routes[key] = self._made(source, targets)
        return route

    def pitches(self, source: int, targets: Iterable[int]) -> float:
        """The pitches of all links of a route, each once: `passed` of the route, which is not made."""
        first = source * self._terminals
        reached = 0
        for target in targets:
            links = self._reached.get(first + target)
            reached |= self._links(source, target) if links is None else links
        # lengths are halves of halves of a pitch, or of one link alone: sums in any order are exact
        return sum(
            (reached & links).bit_count() * length for length, links in self._lengths.items()
        )

    def path(self, source: int, target: int) -> tuple[int, ...]:
        """The channels from a terminal to another, each as link * classes + class of buffers."""
        key = source * self._terminals + target
        path = self._paths.get(key)
        if path is None:
            if len(self._paths) >= PATHS_KEPT:
                self._paths.clear()
            path = tuple(
                link * self.classes + buffers for link, buffers in self.layout.path(source, target)
            )
            self._paths[key] = path
        return path

    def _links(self, source: int, target: int) -> int:
        """The links of a path, a bit each."""
        if len(self._reached) >= PATHS_KEPT:
            self._reached.clear()
        reached = 0
        for channel in self.path(source, target):
            reached |= 1 << channel // self.classes
        self._reached[source * self._terminals + target] = reached
        return reached

    def _made(self, source: int, targets: tuple[int, ...]) -> NetworkRoute:
        rows = array("q")
        routers = package_links = leaves = 0
        pitches = 0.0
        for channel, following, onward in _rows([self.path(source, end) for end in targets]):
            number, buffers = divmod(channel, self.classes)
            rows.extend((number, buffers, following, onward))
            leaves += not onward
            link = self.layout.links[number]
            routers += link.enters is not None
            pitches += link.pitches
            package_links += link.kind == "package"
        return NetworkRoute(source, targets, rows, leaves, Passed(routers, pitches, package_links))


def _rows(paths: list[tuple[int, ...]]) -> list[tuple[int, int, int]]:
    """Branches that paths of one source share, level by level: channel, the first that leads on, how
    many do.
    """
    if len(paths) == 1:
        (path,) = paths
        rows = [(channel, number, 1) for number, channel in enumerate(path, 1)]
        rows[-1] = (path[-1], len(path), 0)
        return rows
    rows = []
    level = [paths]
    following = 1
    depth = 0
    while level:
        below: list[list[tuple[int, ...]]] = []
        for shared in level:
            # A path ends in the link to its terminal, which no other passes.
            if len(shared[0]) == depth + 1:
                rows.append((shared[0][depth], following, 0))
                continue
            parts: dict[int, list[tuple[int, ...]]] = {}
            for path in shared:
                parts.setdefault(path[depth + 1], []).append(path)
            rows.append((shared[0][depth], following, len(parts)))
            following += len(parts)
            below += parts.values()
        level = below
        depth += 1
    return rows
