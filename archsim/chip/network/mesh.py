"""A mesh: a router for each core on a grid, each joined to its four neighbours."""

from __future__ import annotations

import math
from collections.abc import Sequence

from archsim.chip.network.layout import Hop, NetworkLayout, Position, Routers, layout_of


def mesh(cores: int, ports: Sequence[int] = ()) -> NetworkLayout:
    """Rows of ceil(sqrt(cores)) routers; the last row is whole, some of its routers without a core.

    A packet goes along its row first, then along the column (XY). No cycle of channels can wait for
    itself, since nothing turns from a column into a row.

    Args:
        cores: so many.
        ports: routers of the ports.

    Returns:
        the layout.

    Source:
        Dally & Seitz, Deadlock-free message routing in multiprocessor interconnection networks,
        IEEE Trans. Computers C-36, 1987.
    """
    # As near to a square as whole rows allow.
    columns = math.ceil(math.sqrt(cores))
    rows = -(-cores // columns)
    positions = tuple(Position(x, y) for y in range(rows) for x in range(columns))
    joined = []
    for router, position in enumerate(positions):
        if position.x + 1 < columns:
            joined += [(router, router + 1), (router + 1, router)]
        if position.y + 1 < rows:
            joined += [(router, router + columns), (router + columns, router)]

    def path(source: int, target: int) -> list[Hop]:
        steps = []
        here = source
        # All of the row first: a turn back into a row could close a circle of waiting packets.
        while here % columns != target % columns:
            there = here + (1 if target % columns > here % columns else -1)
            steps.append(Hop(here, there, 0))
            here = there
        while here != target:
            there = here + (columns if target > here else -columns)
            steps.append(Hop(here, there, 0))
            here = there
        return steps

    def back(source: int, target: int) -> tuple[int, int]:
        if target // columns != source // columns:  # the column comes last
            return target + (columns if source > target else -columns), 0
        return target + (1 if source > target else -1), 0

    return layout_of(Routers(positions, tuple(range(cores)), tuple(joined), path, back), ports)
