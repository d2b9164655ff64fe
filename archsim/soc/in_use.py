"""How long something is in use."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, NamedTuple, TypeVar

K = TypeVar("K", bound=Hashable)


class Running(NamedTuple):
    """So many run now, at least one since that cycle."""

    at_once: int
    since: int


class InUse(Generic[K]):
    """Cycles in which at least one of the operations of a key runs, however many overlap."""

    def __init__(self) -> None:
        self.cycles: dict[K, int] = {}
        self._running: dict[K, Running] = {}

    def enter(self, key: K, now: int) -> None:
        running, since = self._running.get(key, (0, now))
        self._running[key] = Running(running + 1, since if running else now)
        self.cycles.setdefault(key, 0)

    def leave(self, key: K, now: int) -> None:
        running, since = self._running[key]
        self._running[key] = Running(running - 1, since)
        if running == 1:
            self.cycles[key] += now - since
