"""Shared resources with a queue, first come first served, as busy-until numbers."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence

from archsim.soc.clock import Clock
from archsim.soc.yielding import Yielding

Piece = tuple[int, int]
"""The first cycle, and the cycle after the last."""
Watcher = Callable[["Server", int, int, int, int], None]
"""Of an observer: server, port, cycle asked, start, end."""


class Server:
    """One or more equal ports served in order of arrival. All times are integer cycles.

    The service time is known at the request, so the queue needs no events: a request starts when
    the earliest port is free. This equals a `simpy.Resource` of that capacity, event for event (see
    tests/timing/test_server.py).
    A request may be made for a later cycle, since its data are still on their way. The cycles that
    this leaves free serve later requests word by word: a server never idles while a request for it
    is ready. Of a job of several vectors those after the first give way, word by word, to what
    older operations ask for (`yielding`).
    """

    __slots__ = (
        "env",
        "name",
        "kind",
        "free_at",
        "busy",
        "requests",
        "waited",
        "queue_max",
        "watchers",
        "yielding",
        "_starts",
        "_gaps",
        "_until",
    )

    def __init__(self, env: Clock, name: str, kind: str, ports: int = 1):
        self._begin(env, name, kind, ports)
        self.watchers: list[Watcher] = []
        self.yielding: list[Yielding] = []  # booked, and not over yet
        self._starts: list[int] = []
        # by port, in order: free cycles before `free_at`
        self._gaps: list[list[Piece]] = [[] for _ in range(ports)]
        self._until = 0  # the end of the last gap

    def _begin(self, env: Clock, name: str, kind: str, ports: int) -> None:
        """What a server is told from outside, and its sums."""
        self.env = env
        self.name = name
        self.kind = kind
        self.free_at = [0] * ports
        self.busy = self.requests = self.waited = self.queue_max = 0

    def earliest(self) -> int:
        """The cycle at which a request made now would start."""
        return min(self._fit(port, self.env.now, 1)[0][0] for port in range(len(self.free_at)))

    def take(self, ready: int, duration: int, age: int | None = None) -> Piece:
        """Serve a request of `duration` cycles (at least 1) whose first word is there at cycle
        `ready`, now or later.

        It gets the first free cycles from then on, of the port that is done with it first; words of
        younger operations (those with a greater `age`) that give way count as free. Returns its
        first cycle and its end.
        """
        if self.yielding and age is not None:
            younger = [words for words in self.yielding if words.age > age and words.end > ready]
            if younger:
                return self._overtake(ready, duration, younger)
        if ready < self._until:
            return self._fill(ready, duration)
        free_at = self.free_at
        port = 0 if len(free_at) == 1 else free_at.index(min(free_at))
        start = free = free_at[port]
        if ready > free:
            start = ready
            now = self.env.now
            if ready > now:
                self._gaps[port].append((free if free > now else now, ready))
                self._until = ready
        free_at[port] = end = start + duration
        self.busy += duration
        self.requests += 1
        if start > ready:
            self._wait(start - ready, start)
        for watch in self.watchers:
            watch(self, port, ready, start, end)
        return start, end

    def take_yielding(self, ready: int, duration: int, age: int) -> Yielding:
        """Serve the words of a job after its first vector, from cycle `ready`, until an older
        operation asks for these cycles.
        """
        words = Yielding(self, age, ready)
        overtaken = [others for others in self.yielding if others.age > age and others.end > ready]
        for others in overtaken:
            others.leave(ready)
        words.book(ready, duration)
        self.busy += duration
        self.waited += words.end - ready - duration
        self.yielding.append(words)
        for others in overtaken:
            others.come_back()
        return words

    def _overtake(self, ready: int, duration: int, younger: list[Yielding]) -> Piece:
        """`take` where younger operations have words that give way: these get the next free cycles,
        the older one first.
        """
        for words in younger:
            words.leave(ready)
        taken = self._fill(ready, duration)
        for words in sorted(younger, key=lambda words: words.age):
            words.come_back()
        return taken

    def release(self, port: int, piece: Piece) -> None:
        """Take back a booking, or a part of it: its cycles are free again."""
        gaps = sorted([*self._gaps[port], piece])
        if piece[1] == self.free_at[port]:
            # a gap that reaches the end is none: the port is free from there on
            while gaps and gaps[-1][1] == self.free_at[port]:
                self.free_at[port] = gaps.pop()[0]
        self._gaps[port] = gaps
        self._until = max((gaps[-1][1] for gaps in self._gaps if gaps), default=0)

    def fill(self, ready: int, duration: int) -> tuple[int, list[Piece]]:
        """Book the first free cycles from `ready`, of the port that is done first: the port, and
        the pieces.
        """
        now = self.env.now
        for gaps in self._gaps:
            # nobody asks for a cycle that has passed
            while gaps and gaps[0][1] <= now:
                del gaps[0]
        port = min(
            range(len(self.free_at)), key=lambda port: self._fit(port, ready, duration)[-1][1]
        )
        pieces = self._fit(port, ready, duration)
        gaps = self._gaps[port]
        free = self.free_at[port]
        first = pieces[0][0]
        last, end = pieces[-1]
        if first < free:
            self._gaps[port] = gaps = [rest for gap in gaps for rest in _without(gap, pieces)]
        if end > free:
            if last > max(now, free):
                gaps.append((max(now, free), last))
            self.free_at[port] = end
        self._until = max((gaps[-1][1] for gaps in self._gaps if gaps), default=0)
        return port, pieces

    def _fill(self, ready: int, duration: int) -> Piece:
        """`take` where a port has free cycles before its last booking."""
        port, pieces = self.fill(ready, duration)
        first, end = pieces[0][0], pieces[-1][1]
        self.busy += duration
        self.requests += 1
        if end - ready > duration:
            self._wait(end - ready - duration, first)
        asked = ready
        for start, stop in pieces:
            for watch in self.watchers:
                watch(self, port, asked, start, stop)
            asked = stop
        return first, end

    def _fit(self, port: int, ready: int, duration: int) -> list[Piece]:
        """The first `duration` free cycles of a port from `ready`, in pieces."""
        pieces: list[Piece] = []
        for begin, end in self._gaps[port]:
            begin = max(begin, ready)
            if begin < end and duration:
                end = min(end, begin + duration)
                pieces.append((begin, end))
                duration -= end - begin
        if duration:
            begin = max(ready, self.free_at[port])
            pieces.append((begin, begin + duration))
        return pieces

    def _wait(self, cycles: int, start: int) -> None:
        self.waited += cycles
        starts = self._starts
        now = self.env.now
        # who has begun waits no more
        while starts and starts[0] <= now:
            heapq.heappop(starts)
        if start > now:
            heapq.heappush(starts, start)
            self.queue_max = max(self.queue_max, len(starts))


class CountedServer(Server):
    """What was done on a server whose requests compiled events book: it is told the sums, and asked for
    nothing.
    """

    __slots__ = ()

    # Not that of a server: a chip has thousands, whose queues would all stay empty.
    def __init__(self, env: Clock, name: str, kind: str, ports: int = 1):
        self._begin(env, name, kind, ports)


def _without(gap: Piece, pieces: Sequence[Piece]) -> list[Piece]:
    """What is left of a gap once the pieces are taken from it."""
    begin, end = gap
    left = []
    for start, stop in pieces:
        if start < end and stop > begin:
            if start > begin:
                left.append((begin, start))
            begin = min(stop, end)
    return [*left, (begin, end)] if begin < end else left
