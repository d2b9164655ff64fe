"""The routes of messages through a network as rows of numbers, each made once for a layout.

`routes.tree` says what a route is, as branches that events walk along. Planning asks for thousands of
them, of which compiled events take rows and prices take sums: here they are these, without an object a
link. A route depends on the layout alone, so it is kept with it.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from archsim.chip.network.layout import NetworkLayout  # which keeps these

ROUTES_KEPT = 1 << 15
"""How many are kept of a layout, some tens of MB of a large one; then it begins anew."""
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
    """The routes of one layout, made when they are first asked for.

    The paths of one source part and never meet again, and the path to a router on the way is the
    beginning of the path behind it. So a tree is found from its targets backwards, each followed as far
    as nobody was before, in as many steps as it has links.
    """

    def __init__(self, layout: NetworkLayout):
        self.layout = layout
        self._routes: dict[tuple[int, tuple[int, ...]], NetworkRoute] = {}

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
        layout = self.layout
        terminals = layout.terminals
        start = terminals[source]
        back = layout.routers.back
        passed = {start}
        total = 0.0
        # lengths are halves of halves of a pitch, or of one link alone: sums in any order are exact
        if (start, start) in layout.between:
            total = layout.links[layout.between[start, start]].pitches
        for target in targets:
            router = terminals[target]
            while router not in passed:
                passed.add(router)
                before, _ = back(start, router)
                total += layout.links[layout.between[before, router]].pitches
                router = before
        return total

    def _made(self, source: int, targets: tuple[int, ...]) -> NetworkRoute:
        layout = self.layout
        start = layout.terminals[source]
        below, channels = self._tree(start, targets)
        rows = array("q")
        routers = package_links = 0
        pitches = 0.0
        # by level, those of one branch beside each other
        waiting = [(layout.inject[source], 0, below[start])]
        following = 1
        for number, buffers, onward in waiting:
            rows.extend((number, buffers, following, len(onward)))
            following += len(onward)
            link = layout.links[number]
            routers += link.enters is not None
            pitches += link.pitches
            package_links += link.kind == "package"
            for end in onward:
                if end < 0:  # a terminal
                    waiting.append((layout.eject[-1 - end], 0, ()))
                else:
                    waiting.append((*channels[end], below[end]))
        return NetworkRoute(
            source, targets, rows, len(targets), Passed(routers, pitches, package_links)
        )

    def _tree(
        self, start: int, targets: tuple[int, ...]
    ) -> tuple[Mapping[int, Sequence[int]], dict[int, tuple[int, int]]]:
        """By router what lies behind it, in the order of the targets: routers, and terminals as numbers
        below 0; and the channel by which each router is entered.
        """
        layout = self.layout
        back = layout.routers.back
        below: dict[int, list[int]] = {start: []}
        channels: dict[int, tuple[int, int]] = {}
        for target in targets:
            router = layout.terminals[target]
            end = -1 - target
            while router not in below:
                below[router] = [end]
                before, buffers = back(start, router)
                channels[router] = layout.between[before, router], buffers
                end = router
                router = before
            below[router].append(end)
        if (start, start) not in layout.between:
            return below, channels
        # a bus: all that is sent passes the medium, which ends where it begins
        medium = len(layout.routers.positions)
        channels[medium] = layout.between[start, start], 0
        return {start: [medium], medium: below[start]}, channels
