"""A tree of routers: two cores at each of the lowest, the root in the middle of the floor."""

from __future__ import annotations

import math
from collections.abc import Sequence

from archsim.chip.network.layout import Hop, NetworkLayout, Position, Routers, layout_of


def h_tree(cores: int, ports: Sequence[int] = ()) -> NetworkLayout:
    """A binary tree over the floor, halved by turns along either axis; router 0 is the root.

    A packet climbs to the router that is above both ends, then goes down. Upward channels wait for
    upward and downward ones, downward ones only for downward ones: no circle.

    Args:
        cores: so many.
        ports: routers of the ports.

    Returns:
        the layout.
    """
    tree = _Tree()
    # The smallest floor of powers of two that holds them, one side at most twice the other.
    across = 2.0 ** math.ceil(math.ceil(math.log2(cores)) / 2) if cores > 1 else 1.0
    along = 2.0 ** math.floor(math.ceil(math.log2(cores)) / 2) if cores > 1 else 1.0
    tree.grow(range(cores), Position(0, 0), Position(across, along), None)
    joined = []
    for router, parent in enumerate(tree.parents):
        if parent is not None:
            joined += [(router, parent), (parent, router)]
    homes = tuple(tree.homes[core] for core in range(cores))
    return layout_of(
        Routers(tuple(tree.positions), homes, tuple(joined), tree.path, tree.back), ports
    )


class _Tree:
    """Routers by number: their positions, the router above each, and the router of each core."""

    def __init__(self) -> None:
        self.positions: list[Position] = []
        self.parents: list[int | None] = []
        self.homes: dict[int, int] = {}

    def grow(self, cores: range, corner: Position, size: Position, parent: int | None) -> None:
        """The router of these cores, on a rectangle of the floor, and all below it."""
        router = len(self.positions)
        self.positions.append(Position(corner.x + size.x / 2, corner.y + size.y / 2))
        self.parents.append(parent)
        if len(cores) <= 2:
            self.homes |= dict.fromkeys(cores, router)
            return
        # The larger half first: cores stay in order, so neighbours in number are neighbours on the
        # floor.
        middle = -(-len(cores) // 2)
        half, step = (
            (Position(size.x / 2, size.y), Position(size.x / 2, 0))
            if size.x >= size.y
            else (Position(size.x, size.y / 2), Position(0, size.y / 2))
        )
        self.grow(cores[:middle], corner, half, router)
        self.grow(cores[middle:], Position(corner.x + step.x, corner.y + step.y), half, router)

    def path(self, source: int, target: int) -> list[Hop]:
        up, down = self._above(source), self._above(target)
        # The lowest that is above both: from there on both ways are one.
        shared = next(router for router in up if router in down)
        climb = up[: up.index(shared) + 1]
        descent = down[: down.index(shared) + 1][::-1]
        way = [*climb, *descent[1:]]
        return [Hop(here, there, 0) for here, there in zip(way, way[1:])]

    def back(self, source: int, target: int) -> tuple[int, int]:
        above = self._above(source)
        if target in above:  # climbing, from the one below on the way
            return above[above.index(target) - 1], 0
        parent = self.parents[target]
        assert parent is not None  # the root is above all
        return parent, 0

    def _above(self, router: int) -> list[int]:
        """The router and all above it."""
        chain = [router]
        while (parent := self.parents[chain[-1]]) is not None:
            chain.append(parent)
        return chain
