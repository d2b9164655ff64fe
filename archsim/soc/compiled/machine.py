"""A machine whose events run as compiled code."""

from __future__ import annotations

from archsim.chip.plan.counts import Performed
from archsim.soc.compiled.fill import Filler, Room
from archsim.soc.compiled.loop import run_events
from archsim.soc.compiled.tables import Table, header_of
from archsim.soc.compiled.words import CAUSES, FULL, STUCK
from archsim.soc.executed import Machine, Span
from archsim.soc.facts import CAUSES as CAUSE_NAMES

EVENTS_AT_ONCE = 20_000_000
"""Between two of them the interpreter has its turn: a key that interrupts, a bar of progress."""


class CompiledMachine(Machine):
    """One chip executing one trace. Make a new one for every run."""

    def run(self) -> None:
        """Run to the end. Raises RuntimeError if an operation did not finish."""
        room = Room(runs=min(self.chip.controller.in_flight, 64) + 8 if self.pipelined else 4)
        while True:
            filler = Filler(self, room)
            tables = filler.tables()
            header = header_of(tables)
            while run_events(header, EVENTS_AT_ONCE):
                pass
            fault = int(tables["CLOCK"]["fault"][0])
            if fault != FULL:
                break
            room = room.larger()
        if fault:
            what = "deadlock" if fault == STUCK else "lost work"
            raise RuntimeError(
                f"{what} at cycle {tables['CLOCK']['now'][0]} of the compiled events"
            )
        Reading(self, filler, tables).read()


class Reading:
    """What was done, from the tables back to the records of a machine."""

    def __init__(self, machine: Machine, filler: Filler, tables: dict[str, Table]):
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
        free_at = (max(lane.free_at, default=0) for lane in machine.lanes.values())
        machine.end = max([int(clock["now"][0]), *free_at])
        machine.image_ends = self.tables["IMAGE"]["end"].tolist()
        machine.operations_ended = int(clock["operations_ended"][0])

    def _lanes(self) -> None:
        tables = self.tables
        phases = self.filler.numbers.phases
        for number, lane in enumerate(self.machine.lanes.values()):
            row = tables["LANE"][number]
            first, units = int(row["first_unit"]), int(row["units"])
            lane.free_at[:] = tables["UNIT"]["free_at"][first : first + units].tolist()
            lane.busy, lane.jobs = int(row["busy"]), int(row["jobs"])
            stalls = tables["STALL"][number * CAUSES : (number + 1) * CAUSES]
            booked = sorted((int(mark), cause) for cause, mark in enumerate(stalls["mark"]) if mark)
            lane.stalls = {CAUSE_NAMES[cause]: int(stalls["cycles"][cause]) for _, cause in booked}
            cycles = tables["PHASE_STALL"]["cycles"][
                number * len(phases) : (number + 1) * len(phases)
            ].tolist()
            lane.phase_stalls = {phase: cycles[k] for phase, k in phases.items() if cycles[k]}

    def _servers(self) -> None:
        first = 0
        for server, row in zip(self.machine.servers(), self.tables["SERVER"]):
            ports = len(server.free_at)
            server.free_at[:] = self.tables["PORT"]["free_at"][first : first + ports].tolist()
            first += ports
            server.busy, server.requests = int(row["busy"]), int(row["requests"])
            server.waited, server.queue_max = int(row["waited"]), int(row["queue_max"])

    def _operations(self) -> None:
        machine = self.machine
        rows = self.tables["OPERATION"]
        done = [number for number in range(len(self.filler.all)) if rows["done_mark"][number]]
        for number in sorted(done, key=lambda number: int(rows["done_mark"][number])):
            row, plan = rows[number], self.filler.plans[number]
            machine.totals[plan.operation.name, plan.share] = Performed(
                int(row["steps_total"]), int(row["jobs_total"]), int(row["extra_total"])
            )
        for row in self.tables["SPAN"][: self.tables["CLOCK"]["spans"][0]]:
            number, image, start, end = row.tolist()
            operation = self.filler.all[number]
            machine.spans.append(
                Span(operation.layer, operation.name, operation.phase, image, start, end)
            )
        machine.dropped_spans = int(self.tables["CLOCK"]["spans_left_out"][0])

    def _uses(self) -> None:
        machine, numbers = self.machine, self.filler.numbers
        cycles = self.tables["USE"]["cycles"].tolist()
        layers = len(numbers.layers)
        machine.layer_cycles.cycles = {key: cycles[k] for key, k in numbers.layers.items()}
        machine.phase_cycles.cycles = {key: cycles[layers + k] for key, k in numbers.phases.items()}
