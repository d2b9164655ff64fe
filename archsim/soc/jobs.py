"""What travels through the queues of an operation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archsim.soc.data.tile_data import Carried


@dataclass(slots=True)
class Job:
    """So many steps on their way: inputs until a unit has worked on them, then results.

    `dependency` are the cycles that their inputs had to wait for data that did not exist yet,
    `data` the real data, if there are any, and `ready_at` the cycle in which the results leave the
    tile's pipeline.
    """

    count: int
    dependency: int
    data: Carried | None
    ready_at: int
