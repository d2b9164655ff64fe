"""One operation on its way through the chip: feed, tiles and drain as processes with bounded queues
between them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING

import simpy

from archsim.chip.plan.operation_plan import OperationPlan
from archsim.soc.queues import OutputQueue, Queue
from archsim.soc.server import stream, stream_vectors

if TYPE_CHECKING:
    from archsim.soc.machine import Machine
    from archsim.soc.server import Yielding


class Lane:
    """The units of one layer on the chip: when each is free, what kept it waiting. `tiles` counts
    all that are loaded.

    `shared` lists, per unit, the tiles that other layers use too; `tile_free` (one for the chip)
    says when they are free. Every cycle of a unit is booked at most once, as busy or as stalled:
    `_booked` is how far its book goes.
    """

    __slots__ = (
        "name",
        "tiles",
        "free_at",
        "busy",
        "stalls",
        "phase_stalls",
        "jobs",
        "shared",
        "tile_free",
        "_booked",
    )

    def __init__(
        self, name: str, tiles: int, units: int, shared: list[list[int]], tile_free: dict[int, int]
    ):
        self.name, self.tiles = name, tiles
        self.free_at = [0] * units
        self._booked = [0] * units
        self.busy = self.jobs = 0
        self.stalls: dict[str, int] = {}
        self.phase_stalls: dict[str, int] = {}
        self.shared, self.tile_free = shared, tile_free

    def take(self, unit: int | None, now: int, span: int, tiles: int) -> int:
        """Take a unit (None: all of them), `tiles` tiles, for `span` cycles as soon as it is free;
        returns when it begins.
        """
        begin = self.ready(unit, now)
        self.book(unit, begin, span, tiles)
        return begin

    def ready(self, unit: int | None, now: int) -> int:
        """When a unit (None: all of them) is free."""
        for u in range(len(self.free_at)) if unit is None else (unit,):
            now = max(
                now, self.free_at[u], *(self.tile_free.get(tile, 0) for tile in self.shared[u])
            )
        return now

    def book(self, unit: int | None, begin: int, span: int, tiles: int) -> None:
        """Take a unit (None: all of them), which is free, from `begin` for `span` cycles; `tiles`
        of its tiles work.
        """
        for u in range(len(self.free_at)) if unit is None else (unit,):
            self.free_at[u] = self._booked[u] = begin + span
            for tile in self.shared[u]:
                self.tile_free[tile] = begin + span
        self.busy += span * tiles

    def stall(self, cause: str, unit: int | None, since: int, until: int, phase: str) -> None:
        """Book the tiles of a unit (None: of all) as waiting from `since` to `until`; tiles of
        other layers' are left out.
        """
        each = self.tiles // len(self.free_at)
        for u in range(len(self.free_at)) if unit is None else (unit,):
            start = max(since, self._booked[u])
            if until > start:
                cycles = (until - start) * (each - len(self.shared[u]))
                self.stalls[cause] = self.stalls.get(cause, 0) + cycles
                self.phase_stalls[phase] = self.phase_stalls.get(phase, 0) + cycles
                self._booked[u] = until


class OperationRun:
    """The state of one operation for one image. `waiting` says, for each process, what it waits for
    right now.
    """

    __slots__ = (
        "machine",
        "plan",
        "image",
        "steps_done",
        "jobs_done",
        "started",
        "ended",
        "finished",
        "waiting",
        "_thresholds",
        "_progress",
        "_coming",
        "_through",
        "_last",
        "_wires",
        "_age",
        "sources",
        "extra_reads",
        "saturations",
    )

    def __init__(self, machine: Machine, plan: OperationPlan, image: int):
        self.machine = machine
        self.plan = plan
        self.image = image
        self.steps_done = self.jobs_done = 0
        self.saturations = 0
        self.extra_reads = 0
        self.started = self.ended = -1
        self._age = 0  # its place in the order of issue: the older operation goes first
        self.finished = machine.env.event()
        self.waiting: dict[str, str] = {"operation": "the controller"}
        self._thresholds: list[tuple[int, simpy.Event]] = []
        self._progress: simpy.Event | None = None
        # Results on their last way: the cycle in which they are through, and the steps that are
        # then.
        self._coming: deque[tuple[int, int]] = deque()
        self._through = self._last = 0
        wired = plan.on_tiles and plan.operation.kind != "write"
        self._wires = machine.chip.interconnect.hop_cycles if wired else 0
        self.sources: list[OperationRun] = []

    @property
    def name(self) -> str:
        return f"{self.plan.operation.name}[image {self.image}]"

    def start(self) -> None:
        """Put the processes on the event list."""
        env = self.machine.env
        self.started, self._age = env.now, self.machine.issued
        self.machine.issued += 1
        self.waiting.pop("operation", None)
        self.machine.operation_started(self)
        room, timing = self.machine.chip.buffer.tile_queue, self.plan.timing
        # Every unit has its own output queue, at the tile's end of the wires; a result in the
        # tile's pipeline is not in it yet.
        under_way = -(-(timing.latency - timing.interval) // max(1, timing.interval))
        drain = OutputQueue(env, self.plan.units * (room + under_way))
        if not self.plan.on_tiles or self.plan.operation.kind == "write":
            env.process(self._feed([drain]))
        else:
            queues = [Queue(env, room) for _ in range(self.plan.units)]
            env.process(self._feed(queues))
            for unit, queue in enumerate(queues):
                env.process(self._unit(unit, queue, drain))
        env.process(self._drain(drain))

    def rows_ready(self, rows: int) -> simpy.Event | None:
        """None if that many output rows are finished, else an event for the moment they are."""
        if self.ended >= 0:
            return None
        operation, env = self.plan.operation, self.machine.env
        if operation.steps_per_row and rows <= operation.rows_done(self.steps_done):
            if rows <= operation.rows_done(self._arrived()):
                return None
            return env.timeout(
                next(when for when, steps in self._coming if rows <= operation.rows_done(steps))
                - env.now
            )
        event = env.event()
        self._thresholds.append((rows, event))
        return event

    def _arrived(self) -> int:
        """Steps whose results are through."""
        coming, now = self._coming, self.machine.env.now
        while coming and coming[0][0] < now:
            self._through = coming.popleft()[1]
        return self._through

    def _needs(self, step: int) -> Generator:
        """Wait until the input rows of this step are there."""
        operation = self.plan.operation
        for source in self.sources:
            produced = source.plan.operation
            streams = (
                operation.phase == "forward" == produced.phase
                and operation.steps_per_row
                and produced.rows_out > 1
            )
            row = step // operation.steps_per_row if streams else 0
            if streams and operation.window:
                rows = operation.window.needed(row, produced.rows_out)
            elif streams and produced.rows_out == operation.steps:
                rows = row + 1
            else:
                rows = (
                    produced.rows_out + 1
                )  # more than partial progress can give: the end of the operation
            event = source.rows_ready(rows)
            if event is not None:
                self.waiting["feed"] = f"{source.name} (row {rows} of {produced.rows_out})"
                yield event
        self.waiting.pop("feed", None)

    def _feed(self, queues: list[Queue]) -> Generator:
        machine = self.machine
        plan = self.plan
        env = self.machine.env
        operation = plan.operation
        per_job = plan.per_job
        units = len(queues)
        servers = (machine.off_chip, machine.read_port, machine.interconnect, machine.generator)
        bus_in = plan.bus_in
        port_in = plan.port_in
        off_chip = plan.off_chip_cycles
        generator = plan.generator_cycles
        previous, passed = machine.turn(operation.name)
        if previous is not None:
            self.waiting["feed"] = "the same operation of the image before"
            yield previous
        if off_chip and machine.chip.off_chip.latency_cycles:
            yield env.timeout(machine.chip.off_chip.latency_cycles)
        row, age = max(1, operation.steps_per_row), self._age
        pipelined = bool(self.sources) and machine.pipelined
        for job in range(plan.jobs):
            step = job * per_job
            count = min(per_job, operation.steps - step)
            asked = env.now
            if pipelined and (step % row == 0 or step % row + count > row):
                yield from self._needs(step + count - 1)
            if operation.sequential and step % operation.parts == 0 and self._arrived() < step:
                self.waiting["feed"] = "its own last step"
                while self.steps_done < step:
                    self._progress = env.event()
                    yield self._progress
                if self._arrived() < step:
                    yield env.timeout(self._coming[-1][0] - env.now)
            dependency = env.now - asked
            durations = (off_chip * count, port_in * count, bus_in * count, generator * count)
            rest: Sequence[Yielding] = ()
            if machine.arbitrated and bus_in:
                _, done = yield from machine.interconnect.hold(
                    servers[:2], servers[3:], durations, 1, age=age
                )
            elif count > 1 and machine.pipelined:
                done, rest = stream_vectors(servers, durations, count, age)
            else:
                _, done = stream(servers, durations, age=age)
            if done > env.now:
                yield env.timeout(done - env.now)
            for words in rest:
                while words.end > env.now:  # older operations have gone first meanwhile
                    yield env.timeout(words.end - env.now)
                words.close()
            values = machine.values.fetch(self, step, count) if machine.values else None
            queue = queues[job % units]
            self.waiting["feed"] = "room in the tile's input queue"
            put = queue.put((count, dependency, values, env.now))
            if put is not None:
                yield put
        self.waiting.pop("feed", None)
        passed.succeed()

    def _unit(self, unit: int, queue: Queue, drain: OutputQueue) -> Generator:
        machine = self.machine
        plan = self.plan
        env = self.machine.env
        lane, timing = machine.lanes[plan.operation.place], plan.timing
        retry_mean, owes = plan.retries, (plan.operation.name, unit)
        taken = (
            None if plan.operation.kind == "pulse_update" else unit
        )  # all copies are updated together
        jobs = len(range(unit, plan.jobs, plan.units))
        name, phase = f"unit {unit}", plan.operation.phase
        after, watch = timing.latency - timing.interval, machine.observers
        previous, passed = machine.turn(owes)
        if previous is not None:
            self.waiting[name] = "the same operation of the image before"
            yield previous
        if not jobs:  # more copies than steps: this one stands by
            passed.succeed()
        for job in range(jobs):
            asked = env.now
            self.waiting[name] = "its input"
            count, dependency, values, _ = queue.take() if queue.items else (yield queue.coming())
            if env.now > asked:
                ready = min(env.now, asked + dependency)
                lane.stall("dependency", taken, asked, ready, phase)
                lane.stall("input", taken, ready, env.now, phase)
            if values is not None:
                extra, values = machine.values.compute(self, values)
            elif (
                retry_mean
            ):  # a fraction of a retry is carried over to the next job, of whichever image
                owed = machine.owed.get(owes, 0.0) + retry_mean
                extra = int(owed + 1e-9)  # ten times a tenth is one
                machine.owed[owes] = owed - extra
            else:
                extra = 0
            span = timing.interval * (1 + extra)
            begin = self._take(lane, taken, span)
            if job == jobs - 1:
                passed.succeed()
            for observer in watch:
                observer.tile_job(self, unit, begin, begin + span)
            lane.jobs += 1
            self.extra_reads += extra
            yield env.timeout(begin + span - env.now)
            self.waiting[name] = "room in the output queue"
            blocked = env.now
            put = drain.put((count, 0, values, begin + span + after))
            if put is not None:
                yield put
                lane.stall("output", taken, blocked, env.now, phase)
        self.waiting.pop(name, None)

    def _take(self, lane: Lane, unit: int | None, span: int) -> int:
        """Take a unit of the operation's own lane, and with it the lanes of all tiles that must
        work too: when all are free.
        """
        machine, plan = self.machine, self.plan
        if not plan.held:
            return lane.take(unit, machine.env.now, span, plan.tile_operations)
        others = [(machine.lanes[name], tiles) for name, tiles in plan.held.items()]
        taken = [(lane, unit, plan.tile_operations)]
        # the same unit of a matrix with as many, all units of another
        taken += [
            (other, unit if len(other.free_at) == len(lane.free_at) else None, tiles)
            for other, tiles in others
        ]
        begin = max(one.ready(which, machine.env.now) for one, which, _ in taken)
        for one, which, tiles in taken:
            one.book(which, begin, span, tiles)
        return begin

    def _drain(self, drain: OutputQueue) -> Generator:
        machine = self.machine
        plan = self.plan
        env = self.machine.env
        operation = plan.operation
        wires = self._wires
        age = self._age
        medium = machine.interconnect_up
        servers = (medium, machine.vector_unit, machine.write_port)
        bus_out = plan.bus_out
        vector = plan.vector_cycles
        port_out = plan.port_out
        # the array is programmed row by row; a fraction of a cycle is carried over, to the next row
        # or image
        before = env.now
        write = operation.kind == "write"
        owes = (operation.name, -1)
        lane = machine.lanes.get(operation.place)
        for _ in range(plan.jobs):
            self.waiting["drain"] = "results"
            count, _, values, ready = drain.take() if drain.items else (yield drain.coming())
            if write:
                owed = machine.owed.get(owes, 0.0) + plan.write_cycles
                span = int(owed + 1e-9)
                machine.owed[owes] = owed - span
                begin = self._take(lane, None, span)
                ready = begin + span
                for observer in machine.observers if span else ():
                    observer.tile_job(self, 0, begin, begin + span)
            if drain.kept and ready >= drain.until:
                yield env.timeout(drain.until - env.now)
                drain.release()
            if ready > env.now:
                yield env.timeout(ready - env.now)
            self.waiting["drain"] = "interconnect, vector unit or buffer port"
            durations = (bus_out * count, vector * count, port_out * count)
            if machine.arbitrated and bus_out:
                left, done = yield from medium.hold((), servers[1:], durations, 0, wires, age)
            else:
                left, done = stream(servers, durations, wires, age)
            # The next result follows as soon as this one has left the first server, but only two
            # are under way.
            begin = left if left > before else before
            if done > before:
                before = done
            self._last = before + wires
            if values is not None:
                self._at(self._last, lambda values=values: machine.values.store(self, values))
            self._advance(count)
            if drain.kept:
                if drain.until > env.now:
                    yield env.timeout(drain.until - env.now)
                drain.release()
            drain.until = before
            if begin > env.now:
                yield env.timeout(begin - env.now)
        if self._last > env.now:
            self.waiting["drain"] = "its last result"
            yield env.timeout(self._last - env.now)
        self.waiting.clear()
        self.ended = env.now
        for _, event in self._thresholds:
            event.succeed()
        self._thresholds.clear()
        machine.operation_ended(self)
        self.finished.succeed()

    def _at(self, cycle: int, act: Callable[[], object]) -> None:
        """Act at a cycle, now or later."""
        now = self.machine.env.now
        if cycle > now:
            self.machine.env.timeout(cycle - now).callbacks.append(lambda _: act())
        else:
            act()

    def _advance(self, count: int) -> None:
        """Results are on their last way, through at cycle `_last`: whoever waits for them goes on
        then.
        """
        self.steps_done += count
        self.jobs_done += 1
        coming = self._coming
        coming.append((self._last, self.steps_done))
        if coming[0][0] < self.machine.env.now:  # as many leave as come: it stays short
            self._through = coming.popleft()[1]
        if self._progress is not None:
            self._at(self._last, self._progress.succeed)
            self._progress = None
        if self._thresholds:
            rows = self.plan.operation.rows_done(self.steps_done)
            kept = []
            for needed, event in self._thresholds:
                if needed <= rows:
                    self._at(self._last, event.succeed)
                else:
                    kept.append((needed, event))
            self._thresholds = kept
