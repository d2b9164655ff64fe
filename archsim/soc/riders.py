"""The engines that run the events of a run, and who rides along."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from archsim.soc.data.tile_data import TileData  # most runs have no real data
    from archsim.soc.observers import Observer  # which are given a machine of this room

ENGINES = ("auto", "simpy", "compiled")
"""What may run the events; `engine.py` says when which."""


class Riders(NamedTuple):
    """Real data, observers, and who is told the steps done and those in all."""

    data: TileData | None = None
    observers: Sequence[Observer] = ()
    progress: Callable[[int, int], None] | None = None
