"""Shared resources with a queue: first come first served as busy-until numbers, or with priorities as SimPy resources."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Generator, Sequence

import simpy


class Server:
    """One or more equal ports served in order of arrival. All times are integer cycles.

    The service time is known at the request, so the queue needs no events: a request starts when the earliest port
    is free. This equals a `simpy.Resource` of that capacity, event for event (see tests/timing/test_server.py).
    """

    __slots__ = ("env", "name", "kind", "free_at", "busy", "requests", "waited", "queue_max", "watchers", "_starts")

    def __init__(self, env: simpy.Environment, name: str, kind: str, ports: int = 1):
        self.env, self.name, self.kind = env, name, kind
        self.free_at = [0] * ports
        self.busy = self.requests = self.waited = self.queue_max = 0
        self.watchers: list[Callable[[Server, int, int, int, int], None]] = []  # of observers: port, cycle asked, start, end
        self._starts: list[int] = []

    def earliest(self) -> int:
        """The cycle at which a request made now would start."""
        return max(self.env.now, min(self.free_at))

    def occupy(self, start: int, duration: int) -> None:
        """Take the port that is free first from `start` for `duration` cycles."""
        if duration == 0:
            return
        port = self.free_at.index(min(self.free_at)) if len(self.free_at) > 1 else 0
        self.free_at[port] = start + duration
        self.busy += duration
        self.requests += 1
        self.waited += start - self.env.now
        if start > self.env.now:
            starts = self._starts
            while starts and starts[0] <= self.env.now:
                heapq.heappop(starts)
            heapq.heappush(starts, start)
            self.queue_max = max(self.queue_max, len(starts))
        for watch in self.watchers:
            watch(self, port, self.env.now, start, start + duration)


def reserve(servers: Sequence[Server], durations: Sequence[int]) -> int:
    """Take all servers from their earliest common start, each for its own duration: data stream through them.

    Returns the cycles from now until the longest is done. A server with duration 0 is not asked.
    """
    asked = [(s, d) for s, d in zip(servers, durations) if d]
    if not asked:
        return 0
    start = max(s.earliest() for s, _ in asked)
    for server, duration in asked:
        server.occupy(start, duration)
    return start + max(d for _, d in asked) - asked[0][0].env.now


class PriorityServer(Server):
    """A server that lets the lower priority number go first; between equals the earlier request."""

    __slots__ = ("resource",)

    def __init__(self, env: simpy.Environment, name: str, kind: str, ports: int = 1):
        super().__init__(env, name, kind, ports)
        self.resource = simpy.PriorityResource(env, capacity=ports)

    def hold(self, others: Sequence[Server], durations: Sequence[int], priority: int) -> Generator:
        """Wait for this server by priority, then stream through it and `others` (durations: this one first)."""
        if not durations[0]:
            yield self.env.timeout(reserve(others, durations[1:]))
            return
        asked = self.env.now
        self.queue_max = max(self.queue_max, len(self.resource.queue) + (self.resource.count == self.resource.capacity))
        with self.resource.request(priority=priority) as request:
            yield request
            self.waited += self.env.now - asked
            self.requests += 1
            self.busy += durations[0]
            for watch in self.watchers:
                watch(self, 0, asked, self.env.now, self.env.now + durations[0])
            rest = reserve(others, durations[1:])
            yield self.env.timeout(durations[0])
        if rest > durations[0]:
            yield self.env.timeout(rest - durations[0])
