"""A link of a network, with the slots for packets in the router behind it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import NamedTuple, Protocol

from archsim.soc.clock import Clock

TAKEN = -1
"""Of a slot: the packet in it has not left on all its ways yet."""


class Passage(Protocol):
    """A packet at a link, as the link sees it."""

    def granted(self, start: int, end: int, slot: int) -> None:
        """It passes the link from `start` until `end`, and has that slot behind it."""


class Request(NamedTuple):
    """Who wants to pass, in which class of buffers, with how many flits in how many cycles, and when
    its last word is here at the earliest; since when it waits."""

    passage: Passage
    buffers: int
    flits: int
    cycles: int
    whole: int
    since: int


class NetworkLink:
    """One packet at a time, in the order of arrival; a packet whose class has no slot behind the
    link lets those of other classes pass.

    `slots` are the cycles at which the slots of each class are free; none where a core or port
    is behind the link, which always takes what it asked for. `busy` counts cycles in which words
    move or stand on the link, `waited` those that packets waited for it, `blocked` those of them in
    which it was free and the buffer behind it was full.
    """

    __slots__ = (
        "env",
        "name",
        "kind",
        "slots",
        "free_at",
        "busy",
        "packets",
        "flits",
        "waited",
        "blocked",
        "queue_max",
        "watchers",
        "_waiting",
        "_wakes",
    )

    def __init__(self, env: Clock, name: str, kind: str, classes: int, slots: int):
        self._begin(env, name, kind)
        self.slots = [[0] * slots for _ in range(classes)]
        self.watchers: list[Callable[[NetworkLink, int, int, int], None]] = []
        self._waiting: deque[Request] = deque()
        self._wakes: set[int] = set()

    def _begin(self, env: Clock, name: str, kind: str) -> None:
        """What a link is told from outside, and its sums."""
        self.env = env
        self.name = name
        self.kind = kind
        self.free_at = 0
        self.busy = self.packets = self.flits = self.waited = self.blocked = self.queue_max = 0

    def ask(self, passage: Passage, buffers: int, flits: int, cycles: int, whole: int) -> None:
        """Pass as soon as it is free, now or later.

        Args:
            passage: who is told when it passes.
            buffers: the class of its slot behind the link.
            flits: of the packet.
            cycles: in which its words move over the link.
            whole: the cycle before which its last word cannot leave, since it is not here.
        """
        now = self.env.now
        request = Request(passage, buffers, flits, cycles, whole, now)
        if not self._waiting and self.free_at <= now:
            slot = self._slot(buffers, now)
            if slot is not None:
                self._grant(request, slot)
                return
        self._waiting.append(request)
        self.queue_max = max(self.queue_max, len(self._waiting))
        self._serve()

    def leave(self, buffers: int, slot: int, cycle: int) -> None:
        """A packet leaves its slot behind the link at a cycle, now or later."""
        if slot >= 0:
            self.slots[buffers][slot] = cycle
            if self._waiting:
                self._wake(cycle)

    def _serve(self) -> None:
        now = self.env.now
        if self.free_at > now:
            self._wake(self.free_at)
            return
        full: set[int] = set()
        for position, request in enumerate(self._waiting):
            if request.buffers in full:
                continue
            slot = self._slot(request.buffers, now)
            if slot is not None:
                del self._waiting[position]
                self._grant(request, slot)
                if self._waiting:
                    self._wake(self.free_at)
                return
            full.add(request.buffers)
        # Every slot of those that wait is taken. One whose packet is leaving is known; who leaves
        # another says so.
        for buffers in full:
            for cycle in self.slots[buffers]:
                if cycle > now:
                    self._wake(cycle)

    def _slot(self, buffers: int, now: int) -> int | None:
        """A free slot of a class; -1 where none is needed."""
        slots = self.slots[buffers] if self.slots else ()
        if not slots:
            return -1
        for number, cycle in enumerate(slots):
            if TAKEN < cycle <= now:
                return number
        return None

    def _grant(self, request: Request, slot: int) -> None:
        now = self.env.now
        end = max(now + request.cycles, request.whole)
        free_since = max(self.free_at, request.since)
        self.blocked += max(0, now - free_since)
        self.waited += now - request.since
        self.free_at = end
        self.busy += end - now
        self.packets += 1
        self.flits += request.flits
        if slot >= 0:
            self.slots[request.buffers][slot] = TAKEN
        for watch in self.watchers:
            watch(self, request.since, now, end)
        request.passage.granted(now, end, slot)

    def _wake(self, cycle: int) -> None:
        now = self.env.now
        cycle = max(cycle, now)
        if cycle in self._wakes:
            return
        self._wakes.add(cycle)
        self.env.timeout(cycle - now).callbacks.append(lambda _: self._woken(cycle))

    def _woken(self, cycle: int) -> None:
        self._wakes.discard(cycle)
        if self._waiting:
            self._serve()


class CountedLink(NetworkLink):
    """What was carried over a link that packets of compiled events pass: it is told the sums, and asked
    for nothing.
    """

    __slots__ = ()

    # Not that of a link: a chip has thousands, whose slots would all stay free.
    def __init__(self, env: Clock, name: str, kind: str, classes: int, slots: int):
        self._begin(env, name, kind)
