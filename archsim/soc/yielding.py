"""Words of a job that give way to what older operations ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archsim.soc.server import Server  # a server makes these; they book and release on it


class Yielding:
    """Words of a job that give way to older operations: `pieces` (port, first cycle, end) on a
    server, and when they are over.

    `end` moves on while it lies ahead: who waits for it looks again when it is there.
    """

    __slots__ = ("server", "age", "asked", "pieces", "end", "_left", "_owed")

    def __init__(self, server: Server, age: int, asked: int):
        self.server = server
        self.age = age
        self.pieces: list[tuple[int, int, int]] = []
        self.end = self.asked = self._left = asked
        self._owed = 0

    def book(self, ready: int, duration: int) -> None:
        """Take the next free cycles from `ready`."""
        port, pieces = self.server.fill(ready, duration)
        self.pieces += ((port, *piece) for piece in pieces)
        self.end = pieces[-1][1]

    def leave(self, ready: int) -> None:
        """Give back every cycle from `ready` on."""
        kept: list[tuple[int, int, int]] = []
        self._left = max(ready, self.asked)
        self._owed = 0
        for port, start, end in self.pieces:
            if start < ready:
                kept.append((port, start, min(end, ready)))
            if end > ready:
                start = max(start, ready)
                self._owed += end - start
                self.server.release(port, (start, end))
        self.pieces = kept

    def come_back(self) -> None:
        """Take as many cycles as were given back, when they are free."""
        if self._owed:
            before = self.end
            self.book(self._left, self._owed)
            self.server.waited += self.end - before

    def close(self) -> None:
        """They are over: nothing can change them any more, so that observers are told."""
        server = self.server
        asked = self.asked
        for port, start, end in self.pieces:
            for watch in server.watchers:
                watch(server, port, asked, start, end)
            asked = end
        server.yielding.remove(self)
