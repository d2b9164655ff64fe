"""A bus: one medium that all cores share."""

from __future__ import annotations

import math
from collections.abc import Sequence

from archsim.chip.network.layout import Hop, NetworkLayout, Position, Routers, layout_of


def bus(cores: int, ports: Sequence[int] = ()) -> NetworkLayout:
    """One link along one side of the floor and half of the other, without routers.

    Args:
        cores: so many.
        ports: zeros, as many as there are ports.

    Returns:
        the layout; a packet to several targets passes the medium once.
    """
    routers = Routers(
        (Position(0, 0),), (0,) * cores, ((0, 0),), lambda *_: (Hop(0, 0, 0),), lambda *_: (0, 0)
    )
    # In pitches: the floor is a square of sqrt(cores) on a side, and the wire passes every core
    # along one side and to half of the depth.
    return layout_of(routers, ports, medium=1.5 * math.sqrt(cores))
