"""One operation on its way through the chip: feed, tiles and drain as processes with bounded queues
between them, and how far its results have come.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import simpy

from archsim.chip.plan.record import OperationPlan
from archsim.soc.drain import drain_results
from archsim.soc.feed import feed_inputs
from archsim.soc.jobs import Job
from archsim.soc.queues import OutputQueue, Queue
from archsim.soc.tile_unit import work_on_jobs

if TYPE_CHECKING:
    from archsim.soc.machine import EventMachine  # which makes these, and gives them their turns
    from archsim.soc.wiring import Ways


class Threshold(NamedTuple):
    """Somebody waits for so many finished output rows."""

    rows: int
    event: simpy.Event


class OperationRun:
    """The state of one operation for one image. `waiting` says, for each process, what it waits for
    right now.
    """

    __slots__ = (
        "machine",
        "plan",
        "ways",
        "image",
        "steps_done",
        "jobs_done",
        "started",
        "ended",
        "finished",
        "waiting",
        "age",
        "wires",
        "last_result",
        "sources",
        "_thresholds",
        "_progress",
        "_coming",
        "_coming_steps",
        "_through",
        "extra_reads",
    )

    def __init__(self, machine: EventMachine, plan: OperationPlan, ways: Ways, image: int):
        self.machine = machine
        self.plan = plan
        self.ways = ways
        self.image = image
        self.steps_done = self.jobs_done = 0
        self.extra_reads = 0
        self.started = self.ended = -1
        self.age = 0  # its place in the order of issue: the older operation goes first
        self.finished = machine.env.event()
        self.waiting: dict[str, str] = {"operation": "the controller"}
        self._thresholds: list[Threshold] = []
        self._progress: simpy.Event | None = None
        # Results on their last way: the cycles in which they are through, and the steps that are
        # done then, in the same order.
        self._coming: deque[int] = deque()
        self._coming_steps: deque[int] = deque()
        self._through = self.last_result = 0
        wired = plan.on_tiles and plan.operation.kind != "write"
        self.wires = machine.chip.interconnect.hop_cycles if wired else 0
        self.sources: list[OperationRun] = []

    @property
    def name(self) -> str:
        return f"{self.plan.operation.name}[image {self.image}]"

    def start(self) -> None:
        """Put the processes on the event list."""
        env = self.machine.env
        self.started = env.now
        self.age = self.machine.issued
        self.machine.issued += 1
        self.waiting.pop("operation", None)
        self.machine.operation_started(self)
        if self.plan.cores is not None:
            self.machine.start(self)
            return
        room = self.machine.chip.buffer.tile_queue
        # Every unit has its own output queue, at the tile's end of the wires; a result in the
        # tile's pipeline is not in it yet.
        drain = OutputQueue(env, self.plan.units * (room + self.plan.timing.under_way))
        if not self.plan.on_tiles or self.plan.operation.kind == "write":
            env.process(feed_inputs(self, [drain]))
        else:
            queues: list[Queue[Job]] = [Queue(env, room) for _ in range(self.plan.units)]
            env.process(feed_inputs(self, queues))
            for unit, queue in enumerate(queues):
                env.process(work_on_jobs(self, unit, queue, drain))
        env.process(drain_results(self, drain))

    def rows_ready(self, rows: int) -> simpy.Event | None:
        """None if that many output rows are finished, else an event for the moment they are."""
        if self.ended >= 0:
            return None
        operation = self.plan.operation
        env = self.machine.env
        if operation.steps_per_row and rows <= operation.rows_done(self.steps_done):
            if rows <= operation.rows_done(self.arrived()):
                return None
            return env.timeout(
                next(
                    cycle
                    for cycle, steps in zip(self._coming, self._coming_steps)
                    if rows <= operation.rows_done(steps)
                )
                - env.now
            )
        event = env.event()
        self._thresholds.append(Threshold(rows, event))
        return event

    def arrived(self) -> int:
        """Steps whose results are through."""
        coming = self._coming
        now = self.machine.env.now
        while coming and coming[0] < now:
            coming.popleft()
            self._through = self._coming_steps.popleft()
        return self._through

    def at(self, cycle: int, act: Callable[[], object]) -> None:
        """Act at a cycle, now or later."""
        env = self.machine.env

        def act_now(_: simpy.Event) -> None:
            act()

        if cycle > env.now:
            env.timeout(cycle - env.now).callbacks.append(act_now)
        else:
            act()

    def advance(self, count: int) -> None:
        """Results are on their last way, through at cycle `last_result`: whoever waits for them goes on
        then.
        """
        self.steps_done += count
        self.jobs_done += 1
        coming = self._coming
        coming.append(self.last_result)
        self._coming_steps.append(self.steps_done)
        if coming[0] < self.machine.env.now:  # as many leave as come: it stays short
            coming.popleft()
            self._through = self._coming_steps.popleft()
        if self._progress is not None:
            self.at(self.last_result, self._progress.succeed)
            self._progress = None
        if self._thresholds:
            rows = self.plan.operation.rows_done(self.steps_done)
            kept = []
            for threshold in self._thresholds:
                if threshold.rows <= rows:
                    self.at(self.last_result, threshold.event.succeed)
                else:
                    kept.append(threshold)
            self._thresholds = kept

    def step_through(self) -> simpy.Event:
        """The event of the next result being through."""
        self._progress = event = self.machine.env.event()
        return event

    def newest_through(self) -> int:
        """The cycle in which the newest result on its way is through."""
        return self._coming[-1]

    def end(self) -> None:
        """All results are through: whoever waits for rows, or for the end, goes on."""
        self.waiting.clear()
        self.ended = self.machine.env.now
        for threshold in self._thresholds:
            threshold.event.succeed()
        self._thresholds.clear()
        self.machine.operation_ended(self)
        self.finished.succeed()
