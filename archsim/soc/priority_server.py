"""A shared resource on which lower priority numbers go first, as a SimPy resource."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import simpy

from archsim.soc.clock import Clock
from archsim.soc.server import Server


class PriorityServer(Server):
    """A server that lets the lower priority number go first; between equals the earlier request."""

    __slots__ = ("resource",)

    def __init__(self, env: Clock, name: str, kind: str, ports: int = 1):
        super().__init__(env, name, kind, ports)
        self.resource = simpy.PriorityResource(env, capacity=ports)

    def hold(
        self,
        ahead: Sequence[Server],
        behind: Sequence[Server],
        durations: Sequence[int],
        priority: int,
        wires: int = 0,
        age: int | None = None,
    ) -> Generator[simpy.Event, object, tuple[int, int]]:
        """`stream` through the servers ahead, this one by priority, and those behind it.

        `durations` are in that order; this server's is at least 1. Comes back when this server is
        done with the job, with what `stream` returns.
        """
        env = self.env
        own = durations[len(ahead)]
        begun = done = env.now
        for server, duration in zip(ahead, durations):
            if duration:
                begun, end = server.take(begun, duration, age)
                done = max(done, end)
        if begun > env.now:
            yield env.timeout(begun - env.now)
        asked = env.now
        self.queue_max = max(
            self.queue_max,
            len(self.resource.queue) + (self.resource.count == self.resource.capacity),
        )
        with self.resource.request(priority=priority) as request:
            yield request
            self.waited += env.now - asked
            self.requests += 1
            self.busy += own
            for watch in self.watchers:
                watch(self, 0, asked, env.now, env.now + own)
            begun = env.now + wires
            for server, duration in zip(behind, durations[len(ahead) + 1 :]):
                if duration:
                    begun, end = server.take(begun, duration, age)
                    done = max(done, end - wires)
            yield env.timeout(own)
        return env.now, max(done, env.now)
