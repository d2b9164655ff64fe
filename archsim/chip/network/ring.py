"""A ring: a router for each core, joined to the one before it and the one behind it."""

from __future__ import annotations

from collections.abc import Sequence

from archsim.chip.network.layout import Hop, NetworkLayout, Position, Routers, layout_of


def ring(cores: int, ports: Sequence[int] = ()) -> NetworkLayout:
    """Two rows of cores, so that the last one lies beside the first.

    A packet goes the shorter way round, upwards where both are as long. The channels of a ring
    would wait for each other in a circle: from the link between the last router and the first on, a
    packet has buffers of a second class, so that the circle is a spiral with an end.

    Args:
        cores: so many.
        ports: routers of the ports.

    Returns:
        the layout.

    Source:
        Dally & Seitz 1987 (virtual channels that break the cycle).
    """
    above = -(-cores // 2)
    positions = tuple(
        Position(number, 0) if number < above else Position(cores - 1 - number, 1)
        for number in range(cores)
    )
    joined: dict[tuple[int, int], None] = {}
    for router in range(cores if cores > 1 else 0):
        behind = (router + 1) % cores
        joined |= {(router, behind): None, (behind, router): None}

    def path(source: int, target: int) -> list[Hop]:
        upwards = (target - source) % cores
        way = 1 if upwards <= cores - upwards else -1
        steps = []
        here = source
        buffers = 0
        while here != target:
            there = (here + way) % cores
            # Only the link between the last router and the first joins numbers that are not
            # neighbours. In a ring of two there is none, and no circle.
            if abs(there - here) > 1:
                buffers = 1
            steps.append(Hop(here, there, buffers))
            here = there
        return steps

    def back(source: int, target: int) -> tuple[int, int]:
        upwards = (target - source) % cores
        way = 1 if upwards <= cores - upwards else -1
        # past the link between the last router and the first, where there is such a circle
        turned = target < source if way == 1 else target > source
        return (target - way) % cores, int(turned and cores > 2)

    return layout_of(Routers(positions, tuple(range(cores)), tuple(joined), path, back, 2), ports)
