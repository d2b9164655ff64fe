"""The chip as a machine of events in SimPy: the loop that runs a trace and proves that nothing was
lost.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING

import simpy

from archsim.basics.collector import collector_at_work
from archsim.chip.config import Architecture
from archsim.chip.placement import Placement
from archsim.chip.plan.counts import Performed
from archsim.soc.control import Turn, control
from archsim.soc.executed import MAX_SPANS, ChipMachine, Span
from archsim.soc.operation_run import OperationRun
from archsim.trace.operation import Trace

if TYPE_CHECKING:
    from archsim.soc.data.tile_data import TileData  # real data ride along, where there are any
    from archsim.soc.observers import Observer


class EventMachine(ChipMachine):
    """One chip executing one trace. Make a new one for every run."""

    engine = "simpy"

    def __init__(
        self,
        trace: Trace,
        chip: Architecture,
        placement: Placement,
        images: int,
        data: TileData | None = None,
        observers: Sequence[Observer] = (),
        progress: Callable[[int, int], None] | None = None,
    ):
        super().__init__(trace, chip, placement, images)
        self.data = data
        self.observers = tuple(observers)
        self.progress = progress
        # what is going on
        self.pending: dict[int, OperationRun] = {}
        self.in_flight = self.issued = 0
        self._turns: dict[Hashable, simpy.Event] = {}
        self._room: simpy.Event | None = None
        self._owed: dict[Hashable, float] = {}

    def run_of(self, turn: Turn) -> OperationRun:
        """A run of the operation, which is pending from now on."""
        share = 1.0 / self.residency.passes(turn.operation) if self.residency else 1.0
        plan = self.plan_of(turn.operation, share)
        run = OperationRun(self, plan, self.ways_of(turn.operation, share), turn.image)
        self.pending[id(run)] = run
        return run

    def turn(self, what: Hashable) -> tuple[simpy.Event | None, simpy.Event]:
        """Successive images pass something (an operation's feed, one of its units) one after the
        other: what to wait for, if anything, and the event to succeed when it is passed."""
        before = self._turns.get(what)
        mine = self.env.event()
        self._turns[what] = mine
        return (None if before is None or before.triggered else before), mine

    def whole_of(self, what: Hashable, amount: float) -> int:
        """The whole part of an amount and of what was left over before; the rest is carried over to
        the next time, so that the sum comes out right.
        """
        owed = self._owed.get(what, 0.0) + amount
        whole = int(owed + 1e-9)  # ten times a tenth is one
        self._owed[what] = owed - whole
        return whole

    def start(self, run: OperationRun) -> None:
        """Put an operation on the cores of a chip that has some."""
        raise NotImplementedError

    def room_in_flight(self) -> simpy.Event:
        """The event of the next operation ending."""
        self._room = room = self.env.event()
        return room

    @collector_at_work()
    def run(self) -> None:
        """Run to the end. Raises RuntimeError that names who waits for what if an operation did not
        finish.
        """
        try:
            for observer in self.observers:
                observer.begin(self)
            self._run()
            for observer in self.observers:
                observer.finish(self)
        # A Ctrl-C too: observers may have files that are half written.
        except BaseException:
            for observer in self.observers:
                observer.discard()
            raise

    def _run(self) -> None:
        done = self.env.process(control(self))
        self.env.run()
        self.end = max(
            # Tiles may be booked beyond the last event.
            [self.env.now, *(max(lane.free_at, default=0) for lane in self.lanes.values())]
        )
        if not done.triggered or self.pending:
            raise RuntimeError(self._deadlock())
        for (name, share), performed in self.totals.items():
            operation = self.plans[name, share].operation
            if performed.steps % operation.steps:
                raise RuntimeError(
                    f"lost work: {name} did {performed.steps:g} steps, "
                    f"not a multiple of {operation.steps}"
                )

    def _deadlock(self) -> str:
        lines = [
            f"{run.name}: "
            + "; ".join(f"{who} waits for {what}" for who, what in run.waiting.items())
            for run in list(self.pending.values())[:8]
        ]
        return (
            f"deadlock at cycle {self.env.now}: {len(self.pending)} operations unfinished. "
            + " | ".join(lines)
        )

    def operation_started(self, run: OperationRun) -> None:
        """Note that an operation begins."""
        operation = run.plan.operation
        self.layer_cycles.enter((operation.layer, operation.phase), run.started)
        self.phase_cycles.enter(operation.phase, run.started)
        for observer in self.observers:
            observer.started(run)

    def operation_ended(self, run: OperationRun) -> None:
        """Book a finished operation."""
        plan = run.plan
        operation = run.plan.operation
        del self.pending[id(run)]
        self.in_flight -= 1
        self.operations_ended += 1
        if self._room is not None and not self._room.triggered:
            self._room.succeed()
        # Here and not only at the end, where many operations would hide the one that lost work.
        if run.steps_done != operation.steps or run.jobs_done != plan.jobs:
            raise RuntimeError(
                f"lost work: {run.name} did {run.steps_done} of {operation.steps} steps"
            )
        total = self.totals.setdefault((operation.name, plan.share), Performed())
        total.add(run.steps_done, run.jobs_done, run.extra_reads)
        self.layer_cycles.leave((operation.layer, operation.phase), run.ended)
        self.phase_cycles.leave(operation.phase, run.ended)
        self._note_span(run)
        while len(self.image_ends) <= run.image:
            self.image_ends.append(0)
        self.image_ends[run.image] = max(self.image_ends[run.image], run.ended)
        for observer in self.observers:
            observer.operation(run)

    def _note_span(self, run: OperationRun) -> None:
        if len(self.spans) == MAX_SPANS:
            self.dropped_spans += 1
            return
        operation = run.plan.operation
        self.spans.append(
            Span(
                operation.layer, operation.name, operation.phase, run.image, run.started, run.ended
            )
        )
