"""What travels through the queues of an operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from archsim.soc.data.tile_data import Carried


class Job(NamedTuple):
    """Inputs on their way to a unit: so many steps, how long they waited for data that did not
    exist yet, and the real data, if there are any.
    """

    count: int
    dependency: int
    data: Carried | None


class Result(NamedTuple):
    """Outputs of a unit on their way to the drain: so many steps, the real data, if there are any,
    and the cycle in which the tile's pipeline delivers them.
    """

    count: int
    data: Carried | None
    ready_at: int
