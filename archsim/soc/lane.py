"""The tiles of a layer at work: when they are free, and what keeps them waiting."""

from __future__ import annotations


class Lane:
    """The units of one layer on the chip: when each is free, what kept it waiting. `tiles` counts
    all that are loaded.

    `shared` lists, per unit, the tiles that other layers use too; `tile_free` (one for the chip)
    says when they are free. Every cycle of a unit is booked at most once, as busy or as stalled:
    `_booked` is how far its book goes.
    """

    __slots__ = (
        "name",
        "tiles",
        "free_at",
        "busy",
        "stalls",
        "phase_stalls",
        "jobs",
        "shared",
        "tile_free",
        "_booked",
    )

    def __init__(
        self, name: str, tiles: int, units: int, shared: list[list[int]], tile_free: dict[int, int]
    ):
        self.name = name
        self.tiles = tiles
        self.free_at = [0] * units
        self._booked = [0] * units
        self.busy = self.jobs = 0
        self.stalls: dict[str, int] = {}
        self.phase_stalls: dict[str, int] = {}
        self.shared = shared
        self.tile_free = tile_free

    def take(self, unit: int | None, now: int, span: int, tiles: int) -> int:
        """Take a unit (None: all of them), `tiles` tiles, for `span` cycles as soon as it is free;
        returns when it is done.
        """
        begin = self.ready(unit, now)
        self.book(unit, begin, span, tiles)
        return begin + span

    def ready(self, unit: int | None, now: int) -> int:
        """When a unit (None: all of them) is free."""
        for u in range(len(self.free_at)) if unit is None else (unit,):
            if self.free_at[u] > now:
                now = self.free_at[u]
            for tile in self.shared[u]:
                now = max(now, self.tile_free.get(tile, 0))
        return now

    def book(self, unit: int | None, begin: int, span: int, tiles: int) -> None:
        """Take a unit (None: all of them), which is free, from `begin` for `span` cycles; `tiles`
        of its tiles work.
        """
        for u in range(len(self.free_at)) if unit is None else (unit,):
            self.free_at[u] = self._booked[u] = begin + span
            for tile in self.shared[u]:
                self.tile_free[tile] = begin + span
        self.busy += span * tiles

    def stall(self, cause: str, unit: int | None, since: int, until: int, phase: str) -> None:
        """Book the tiles of a unit (None: of all) as waiting from `since` to `until`; tiles of
        other layers' are left out.
        """
        each = self.tiles // len(self.free_at)
        for u in range(len(self.free_at)) if unit is None else (unit,):
            start = max(since, self._booked[u])
            if until > start:
                cycles = (until - start) * (each - len(self.shared[u]))
                self.stalls[cause] = self.stalls.get(cause, 0) + cycles
                self.phase_stalls[phase] = self.phase_stalls.get(phase, 0) + cycles
                self._booked[u] = until
