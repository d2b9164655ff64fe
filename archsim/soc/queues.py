"""Bounded queues between the processes of an operation: first in, first out, and no event where
nobody waits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

import simpy

from archsim.soc.clock import Clock
from archsim.soc.jobs import Job

T = TypeVar("T")


class Queue(Generic[T]):
    """A `simpy.Store` for one taker, event for event in the same order, but quicker: who need not
    wait makes no event.

    Take with `queue.take() if queue.items else (yield queue.coming())`; after `put`, wait for its
    event if there is one.
    """

    __slots__ = ("env", "capacity", "items", "_taker", "_givers", "_given")

    def __init__(self, env: Clock, capacity: int):
        self.env = env
        self.capacity = capacity
        self.items: deque[T] = deque()
        self._taker: simpy.Event | None = None
        # Who waits to put an item in, and the items, in the same order: no record for a pair, since
        # this is done for every job.
        self._givers: deque[simpy.Event] = deque()
        self._given: deque[T] = deque()

    def put(self, item: T) -> simpy.Event | None:
        """Put an item in: None, or the event that it is in."""
        if self._givers or len(self.items) >= self.capacity:
            event = self.env.event()
            event.callbacks.append(self._serve)
            self._givers.append(event)
            self._given.append(item)
            self._admit()
            return None if event.triggered else event
        self.items.append(item)
        if self._taker is not None:
            self._soon(self._serve)
        return None

    def take(self) -> T:
        """The first item, of a queue that has one."""
        if self._givers:
            self._soon(self._admit)
        return self._pop()

    def coming(self) -> simpy.Event:
        """The next item of a queue that has none, as the value of an event."""
        self._taker = event = self.env.event()
        event.callbacks.append(self._admit)
        return event

    def _pop(self) -> T:
        return self.items.popleft()

    def _serve(self, _: simpy.Event | None = None) -> None:
        if self._taker is not None and self.items:
            event = self._taker
            self._taker = None
            event.succeed(self._pop())

    def _admit(self, _: simpy.Event | None = None) -> None:
        if self._givers and len(self.items) < self.capacity:
            self.items.append(self._given.popleft())
            self._givers.popleft().succeed()

    def _soon(self, act: Callable[[simpy.Event | None], None]) -> None:
        """Act in this cycle, after what is due already."""
        event = self.env.event()
        event.callbacks.append(act)
        event.succeed()


class OutputQueue(Queue[Job]):
    """Results that wait. One that leaves before cycle `until`, while the one before it is under
    work, keeps its place till `release`.
    """

    __slots__ = ("kept", "until")

    def __init__(self, env: Clock, capacity: int):
        super().__init__(env, capacity)
        self.kept = False
        self.until = 0

    def _pop(self) -> Job:
        if self.until > self.env.now:
            self.kept = True
            self.capacity -= 1
        return self.items.popleft()

    def release(self) -> None:
        """Give the place of the result that left early to the next one."""
        self.kept = False
        self.capacity += 1
        self._admit()
