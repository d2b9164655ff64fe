"""A machine whose events run as compiled code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np

from archsim.chip.config import Architecture
from archsim.chip.placement import Placement
from archsim.chip.plan.counts import Performed
from archsim.kernels.store import CodeStore
from archsim.soc.compiled.fill import Filler
from archsim.soc.compiled.loop import run_events
from archsim.soc.compiled.numbering import Room
from archsim.soc.compiled.tables import HEADER, Table, header_of
from archsim.soc.compiled.words import CAUSES, FULL, STUCK
from archsim.soc.executed import ChipMachine, Span
from archsim.soc.facts import CAUSES as CAUSE_NAMES
from archsim.trace.operation import Trace

SERVED = ("busy", "requests", "waited", "queue_max")
EVENTS_AT_ONCE = 20_000_000
"""Between two of them the interpreter has its turn: a key that interrupts, a bar of progress."""


class CompiledMachine(ChipMachine):
    """One chip executing one trace. Make a new one for every run."""

    engine = "compiled"

    def __init__(
        self,
        trace: Trace,
        chip: Architecture,
        placement: Placement,
        images: int,
        progress: Callable[[int, int], None] | None = None,
    ):
        super().__init__(trace, chip, placement, images)
        self.progress = progress
        at_once = min(chip.controller.in_flight, 64) if self.pipelined else 1
        # A first guess: what turns out too small is made larger, and the run begins anew.
        self.room = Room(runs=at_once + 8)

    def _filler(self) -> Filler:
        """What makes its tables, as large as there is room."""
        return Filler(self, self.room)

    def _go_on(self, header: Table) -> bool:
        """Do many events; False once all are done."""
        return bool(run_events(header, EVENTS_AT_ONCE))

    def read(self, filler: Filler, tables: dict[str, Table]) -> None:
        """Take what was done from the tables."""
        TablesReader(self, filler, tables).read()

    def run(self) -> None:
        """Run to the end. Raises RuntimeError if an operation did not finish."""
        while True:
            filler = self._filler()
            tables = filler.tables()
            header = header_of(tables)
            while self._go_on(header):
                self._tell(int(tables["CLOCK"]["operations_ended"][0]))
            fault = int(tables["CLOCK"]["fault"][0])
            if fault != FULL:
                break
            self.room = self.room.larger()
        if fault:
            what = "deadlock" if fault == STUCK else "lost work"
            raise RuntimeError(
                f"{what} at cycle {tables['CLOCK']['now'][0]} of the compiled events"
            )
        self.read(filler, tables)
        self._tell(self.operations_ended)

    def _tell(self, ended: int) -> None:
        if self.progress is not None:
            self.progress(ended, self._operations_in_all())

    def _operations_in_all(self) -> int:
        trace = self.trace
        batches = -(-self.images // trace.batch) if trace.batch_operations else 0
        each = sum(-(-self.images // operation.every) for operation in trace.image_operations)
        return each + batches * len(trace.batch_operations)


def is_compiled(loop: Any = run_events) -> bool:
    """Whether the machine code of a loop of events is there, in this process or on disk."""
    if loop.signatures:
        return True
    signature = (numba.typeof(np.zeros(1, HEADER)), numba.int64)
    store = loop._cache
    return isinstance(store, CodeStore) and store.holds(signature, loop.targetctx)


class TablesReader:
    """What was done, from the tables back to the records of a machine."""

    def __init__(self, machine: ChipMachine, filler: Filler, tables: dict[str, Table]):
        self.machine = machine
        self.filler = filler
        self.tables = tables

    def read(self) -> None:
        """Fill the machine."""
        self._lanes()
        self._servers()
        self._operations()
        self._uses()
        machine = self.machine
        clock = self.tables["CLOCK"]
        # a tile may be at work beyond the last event
        free_at = (max(lane.free_at, default=0) for lane in machine.lanes.values())
        machine.end = max([int(clock["now"][0]), *free_at])
        machine.image_ends = self.tables["IMAGE"]["end"].tolist()
        machine.operations_ended = int(clock["operations_ended"][0])

    def _lanes(self) -> None:
        tables = self.tables
        phases = self.filler.numbers.phases
        for number, lane in enumerate(self.machine.lanes.values()):
            row = tables["LANE"][number]
            first = int(row["first_unit"])
            units = int(row["units"])
            lane.free_at[:] = tables["UNIT"]["free_at"][first : first + units].tolist()
            lane.busy = int(row["busy"])
            lane.jobs = int(row["jobs"])
            stalls = tables["STALL"][number * CAUSES : (number + 1) * CAUSES]
            booked = sorted((int(mark), cause) for cause, mark in enumerate(stalls["mark"]) if mark)
            lane.stalls = {CAUSE_NAMES[cause]: int(stalls["cycles"][cause]) for _, cause in booked}
            cycles = tables["PHASE_STALL"]["cycles"][
                number * len(phases) : (number + 1) * len(phases)
            ].tolist()
            lane.phase_stalls = {phase: cycles[k] for phase, k in phases.items() if cycles[k]}

    def _servers(self) -> None:
        first = 0
        free_at = self.tables["PORT"]["free_at"].tolist()
        done = (self.tables["SERVER"][name].tolist() for name in SERVED)
        for server, *values in zip(self.machine.all_servers(), *done):
            ports = len(server.free_at)
            server.free_at[:] = free_at[first : first + ports]
            first += ports
            server.busy, server.requests, server.waited, server.queue_max = values

    def _operations(self) -> None:
        machine = self.machine
        rows = self.tables["OPERATION"]
        # In the order in which they first ended, as the other engine enters them: so the ledger
        # adds up in one order, to the same bits.
        done = [number for number in range(len(self.filler.all)) if rows["done_mark"][number]]
        for number in sorted(done, key=lambda number: int(rows["done_mark"][number])):
            row = rows[number]
            plan = self.filler.plans[number]
            machine.totals[plan.operation.name, plan.share] = Performed(
                float(row["steps_total"]), float(row["jobs_total"]), float(row["extra_total"])
            )
        for row in self.tables["SPAN"][: self.tables["CLOCK"]["spans"][0]]:
            number, image, start, end = row.tolist()
            operation = self.filler.all[number]
            machine.spans.append(
                Span(operation.layer, operation.name, operation.phase, image, start, end)
            )
        machine.dropped_spans = int(self.tables["CLOCK"]["spans_left_out"][0])

    def _uses(self) -> None:
        machine = self.machine
        numbers = self.filler.numbers
        cycles = self.tables["USE"]["cycles"].tolist()
        layers = len(numbers.layers)
        machine.layer_cycles.cycles = {key: cycles[k] for key, k in numbers.layers.items()}
        machine.phase_cycles.cycles = {key: cycles[layers + k] for key, k in numbers.phases.items()}
