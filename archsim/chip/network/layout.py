"""What a network on chip is: routers at their positions, links between them, and a way between any two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from archsim.chip.network.route_table import RouteTable

Kind = Literal["inject", "eject", "wire", "bus", "package"]
"""Of a link: from a core or port into its router, back out, between two routers, the one medium of
a bus, between two chips."""


class Position(NamedTuple):
    """Where something lies, in pitches of a core."""

    x: float
    y: float

    def distance(self, other: Position) -> float:
        """Along the axes, as wires run."""
        return abs(self.x - other.x) + abs(self.y - other.y)


class Link(NamedTuple):
    """A link in one direction. `enters` is the router at its end; None where it ends in a core, a
    port or on a bus."""

    name: str
    kind: Kind
    pitches: float
    enters: int | None


class Channel(NamedTuple):
    """A link, and the class of buffers at its end: packets of one class never wait for positions of
    another."""

    link: int
    buffers: int


class Hop(NamedTuple):
    """From a router to the next, in a class of buffers."""

    source: int
    target: int
    buffers: int


class Routers(NamedTuple):
    """What a topology says: the position of every router, the router of every core, the pairs of
    routers that a link joins, and `path`, the steps between two routers. `back` is the last of these
    steps, for two that are not one: the router before, and the class of buffers."""

    positions: tuple[Position, ...]
    homes: tuple[int, ...]
    joined: tuple[tuple[int, int], ...]
    path: Callable[[int, int], Sequence[Hop]]
    back: Callable[[int, int], tuple[int, int]]
    classes: int = 1


@dataclass(frozen=True, eq=False)
class NetworkLayout:
    """A network with its terminals: cores first, by their number, then ports. There is one object for
    equal settings (`layout_on`), so that what depends on it alone is kept with it.

    `inject` and `eject` are the links of each terminal, `between` the link of each pair of routers.
    """

    routers: Routers
    links: tuple[Link, ...]
    terminals: tuple[int, ...]
    inject: tuple[int, ...]
    eject: tuple[int, ...]
    between: dict[tuple[int, int], int]

    @cached_property
    def routes(self) -> RouteTable:
        """Its routes as rows of numbers, kept as they are asked for."""
        return RouteTable(self)

    @cached_property
    def most_ports(self) -> int:
        """Links that end at the router at which most do; one at least."""
        ending = Counter(link.enters for link in self.links if link.enters is not None)
        return max(ending.values(), default=1)

    @cached_property
    def link_pitches(self) -> float:
        """The length of all links in pitches of a core."""
        return sum(link.pitches for link in self.links)

    def path(self, source: int, target: int) -> tuple[Channel, ...]:
        """The channels from a terminal to another, in their order.

        Args:
            source: number of the terminal that sends.
            target: number of the one that receives.

        Returns:
            the way in, links between routers, the way out.
        """
        steps = self.routers.path(self.terminals[source], self.terminals[target])
        return (
            # Ways in and out have one class: nothing that waits for them holds anything of theirs.
            Channel(self.inject[source], 0),
            *(Channel(self.between[step.source, step.target], step.buffers) for step in steps),
            Channel(self.eject[target], 0),
        )


PORTS = ("buffer", "off chip")
"""What sits at the first ports."""


def name_of(terminal: int, cores: int) -> str:
    """The name of a terminal: a core with its number, or a port."""
    if terminal < cores:
        return f"core {terminal}"
    port = terminal - cores
    return PORTS[port] if port < len(PORTS) else f"port {port}"


def layout_of(
    routers: Routers, ports: Sequence[int] = (), medium: float | None = None
) -> NetworkLayout:
    """The links of a topology, with a way in and out at every terminal.

    Args:
        routers: of the topology.
        ports: the routers at which further terminals sit, in their order.
        medium: the length of the one link of a bus, in pitches; None for links that end in routers.

    Returns:
        the layout.
    """
    terminals = (*routers.homes, *ports)
    links: list[Link] = []
    between = {}
    for pair in routers.joined:
        source, target = pair
        between[pair] = len(links)
        if medium is not None:
            links.append(Link("bus", "bus", medium, None))
            continue
        length = routers.positions[source].distance(routers.positions[target])
        links.append(Link(f"{source}>{target}", "wire", length, target))
    inject = []
    eject = []
    for number, router in enumerate(terminals):
        terminal = name_of(number, len(routers.homes))
        there = "bus" if medium is not None else f"{router}"
        inject.append(len(links))
        links.append(
            Link(f"{terminal}>{there}", "inject", 0.0, None if medium is not None else router)
        )
        eject.append(len(links))
        # No pitches: a terminal sits beside its router.
        links.append(Link(f"{there}>{terminal}", "eject", 0.0, None))
    return NetworkLayout(routers, tuple(links), terminals, tuple(inject), tuple(eject), between)
