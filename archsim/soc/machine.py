"""The chip, wired: servers, lanes, controller, and the loop that runs a trace and proves that
nothing was lost.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable, Iterator, Sequence
from typing import TYPE_CHECKING

import simpy

from archsim.chip.config import Architecture
from archsim.chip.place import LayerPlacement, Placement
from archsim.chip.plan.memory_map import MemoryMap
from archsim.chip.plan.operation_plan import OperationPlan, plan
from archsim.chip.plan.residency import Residency
from archsim.soc.operation_run import Lane, OperationRun
from archsim.soc.reload import load
from archsim.soc.server import PriorityServer, Server, reserve
from archsim.trace.operation import Operation, Trace

if TYPE_CHECKING:
    from archsim.soc.data.values import Values
    from archsim.soc.observers import Observer

MAX_SPANS = 4000


class Cover:
    """Cycles in which at least one of the operations of a key runs, however many overlap."""

    def __init__(self):
        self.cycles: dict[Hashable, int] = {}
        self._running: dict[Hashable, tuple[int, int]] = {}

    def enter(self, key: Hashable, now: int) -> None:
        running, since = self._running.get(key, (0, now))
        self._running[key] = (running + 1, since if running else now)
        self.cycles.setdefault(key, 0)

    def leave(self, key: Hashable, now: int) -> None:
        running, since = self._running[key]
        self._running[key] = (running - 1, since)
        if running == 1:
            self.cycles[key] += now - since


class Machine:
    """One chip executing one trace. Make a new one for every run."""

    def __init__(
        self,
        trace: Trace,
        chip: Architecture,
        placement: Placement,
        images: int,
        values: Values | None = None,
        observers: Sequence[Observer] = (),
        progress: Callable[[int, int], None] | None = None,
    ):
        self.trace = trace
        self.chip = chip
        self.placement = placement
        self.images = images
        self.values, self.observers, self.progress = values, tuple(observers), progress
        self.env = env = simpy.Environment()
        self.arbitrated = chip.interconnect.arbitration == "drain_first"
        self.pipelined = chip.execution.mode == "pipelined"
        media = PriorityServer if self.arbitrated else Server
        self.interconnect = media(env, "interconnect", "bus")
        self.interconnect_up = (
            self.interconnect
            if chip.interconnect.kind == "bus"
            else media(env, "interconnect_up", "bus")
        )
        ports = chip.buffer.ports
        self.read_port = Server(env, "buffer", "buffer", max(1, ports - ports // 2))
        self.write_port = (
            self.read_port if ports == 1 else Server(env, "buffer_write", "buffer", ports // 2)
        )
        self.vector_unit = Server(env, "vector_unit", "vector_unit")
        self.off_chip = Server(env, "off_chip_memory", "off_chip")
        self.controller = Server(env, "controller", "controller")
        self.generator = Server(env, "bitstream_generator", "bitstream_generator")
        self.memory = MemoryMap.of(trace, chip)
        shared, tile_free = placement.sharing(), {}
        self.lanes = {
            name: self._lane(layer, shared, tile_free) for name, layer in placement.layers.items()
        }
        self.residency = Residency(placement, chip) if placement.passes else None
        self.plans: dict[tuple[str, float], OperationPlan] = {}
        self.totals: dict[tuple[str, float], list[float]] = {}
        self.spans: list[tuple[str, str, str, int, int, int]] = []
        self.dropped_spans = 0
        self.layer_cycles, self.phase_cycles = Cover(), Cover()
        self.image_ends: list[int] = []
        self.pending: dict[int, OperationRun] = {}
        self.in_flight = self.issued = 0
        self._turns: dict[Hashable, simpy.Event] = {}
        self._room: simpy.Event | None = None
        self.operations_ended = 0
        self.end = 0
        self.owed: dict[tuple[str, int], float] = {}

    def _lane(self, layer: LayerPlacement, shared: set[int], tile_free: dict[int, int]) -> Lane:
        each = layer.tiles_per_unit
        own = [
            [t for t in layer.tiles[u * each : (u + 1) * each] if t in shared] if shared else []
            for u in range(layer.units)
        ]
        return Lane(
            layer.matrix.layer,
            min(each * layer.units, self.placement.available),
            layer.units,
            own,
            tile_free,
        )

    def servers(self) -> list[Server]:
        """The shared resources, each once; the bit-stream generators where tiles share them."""
        units = any(
            op.unit_work for op in self.trace.image_operations + self.trace.batch_operations
        )
        shared = (self.generator,) if units or self.chip.bitstream.sharing == "chip" else ()
        return list(
            dict.fromkeys(
                (
                    self.controller,
                    self.interconnect,
                    self.interconnect_up,
                    self.read_port,
                    self.write_port,
                    self.vector_unit,
                    self.off_chip,
                    *shared,
                )
            )
        )

    def plan_of(self, operation: Operation, share: float = 1.0) -> OperationPlan:
        """The plan of an operation, made once; `share` is the loaded part of its layer."""
        key = (operation.name, share)
        if key not in self.plans:
            self.plans[key] = plan(operation, self.placement, self.chip, self.memory, share)
        return self.plans[key]

    def turn(self, place: Hashable) -> tuple[simpy.Event | None, simpy.Event]:
        """Successive images pass a place (an operation's feed, one of its units) one after the
        other: what to wait for, if anything, and the event to succeed when the place is passed."""
        before, mine = self._turns.get(place), self.env.event()
        self._turns[place] = mine
        return (None if before is None or before.triggered else before), mine

    def schedule(self) -> Iterator[Iterator[tuple[int, Operation, int]]]:
        """Groups of (image, operation, pass) between barriers: batches; inside one, image by image,
        or pass by pass where weights are reloaded (each load then serves all images)."""
        step = self.trace.batch if self.trace.phase == "training" else self.images
        passes = self.residency.passes if self.residency else lambda operation: 1
        for first in range(0, self.images, step):
            batch = range(first, min(first + step, self.images))
            operations = self.trace.image_operations
            if self.residency:
                yield (
                    (image, op, part)
                    for op in operations
                    for part in range(passes(op))
                    for image in batch
                    if image % op.every == 0
                )
            else:
                yield (
                    (image, op, 0) for image in batch for op in operations if image % op.every == 0
                )
            if self.trace.batch_operations:
                yield (
                    (batch[-1], op, part)
                    for op in self.trace.batch_operations
                    for part in range(passes(op))
                )

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
        except BaseException:
            for observer in self.observers:
                observer.discard()
            raise

    def _run(self) -> None:
        done = self.env.process(self._control())
        self.env.run()
        self.end = max(
            [self.env.now, *(max(lane.free_at, default=0) for lane in self.lanes.values())]
        )
        if not done.triggered or self.pending:
            raise RuntimeError(self._deadlock())
        for (name, share), (steps, _, _) in self.totals.items():
            operation = self.plans[name, share].operation
            if steps % operation.steps:
                raise RuntimeError(
                    f"lost work: {name} did {steps:g} steps, not a multiple of {operation.steps}"
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

    def _control(self) -> Generator:
        chip, env = self.chip, self.env
        total = sum(1 for group in self.schedule() for _ in group) if self.progress else 0
        first_forward = next(
            (op.name for op in self.trace.image_operations if op.phase == "forward"), ""
        )
        issue = chip.controller.issue_cycles
        for group in self.schedule():
            runs: dict[tuple[int, str], OperationRun] = {}
            last: OperationRun | None = None
            for image, operation, part in group:
                if (
                    operation.name == first_forward
                    and part == 0
                    and not chip.off_chip.preload_input
                ):
                    yield env.timeout(self._load_image())
                if last is not None and last.image != image and not self.residency:
                    runs = {}  # operations depend on those of the same image only
                share = 1.0 / self.residency.passes(operation) if self.residency else 1.0
                run = OperationRun(self, self.plan_of(operation, share), image)
                self.pending[id(run)] = run
                run.sources = [
                    runs[image, name] for name in operation.after if (image, name) in runs
                ]
                runs[image, operation.name] = run
                asked = env.now
                if chip.controller.prefetch and issue:
                    yield env.timeout(self._issue(issue))
                # Where no operation is left to run meanwhile, the tiles stand still for the
                # instruction.
                barrier = (
                    env.now if self.pipelined else asked if last is None else max(asked, last.ended)
                )
                if not self.pipelined and last is not None and not last.finished.triggered:
                    run.waiting["operation"] = last.name
                    yield last.finished
                    barrier = env.now
                while self.pipelined and self.in_flight >= chip.controller.in_flight:
                    run.waiting["operation"] = "room among the operations in flight"
                    self._room = env.event()
                    yield self._room
                if self.residency:
                    yield from load(self.residency, self, operation, part)
                if not chip.controller.prefetch and issue:
                    yield env.timeout(self._issue(issue))
                self._instruction_stall(operation, env.now if self.residency else barrier)
                self.in_flight += 1
                run.start()
                last = run
                if self.progress:
                    self.progress(self.operations_ended, total)
            for run in list(self.pending.values()):
                if not run.finished.triggered:
                    yield run.finished

    def _load_image(self) -> int:
        bits = self.trace.input_elements * self.chip.read.input_bits
        durations = (
            -(-bits // self.chip.off_chip.bits_per_cycle),
            -(-bits // self.chip.buffer.width_bits),
        )
        return self.chip.off_chip.latency_cycles + reserve(
            (self.off_chip, self.write_port), durations
        )

    def _issue(self, cycles: int) -> int:
        return reserve((self.controller,), (cycles,))

    def _instruction_stall(self, operation: Operation, since: int) -> None:
        lane = self.lanes.get(operation.place)
        if lane:
            lane.stall("instruction", None, since, self.env.now, operation.phase)

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
        operation = plan.operation
        del self.pending[id(run)]
        self.in_flight -= 1
        self.operations_ended += 1
        if self._room is not None and not self._room.triggered:
            self._room.succeed()
        total = self.totals.setdefault((operation.name, plan.share), [0.0, 0.0, 0.0])
        total[0] += run.steps_done
        total[1] += run.jobs_done
        total[2] += run.extra_reads
        if run.steps_done != operation.steps or run.jobs_done != plan.jobs:
            raise RuntimeError(
                f"lost work: {run.name} did {run.steps_done} of {operation.steps} steps"
            )
        self.layer_cycles.leave((operation.layer, operation.phase), run.ended)
        self.phase_cycles.leave(operation.phase, run.ended)
        if len(self.spans) < MAX_SPANS:
            self.spans.append(
                (
                    operation.layer,
                    operation.name,
                    operation.phase,
                    run.image,
                    run.started,
                    run.ended,
                )
            )
        else:
            self.dropped_spans += 1
        while len(self.image_ends) <= run.image:
            self.image_ends.append(0)
        self.image_ends[run.image] = max(self.image_ends[run.image], run.ended)
        for observer in self.observers:
            observer.operation(run)
