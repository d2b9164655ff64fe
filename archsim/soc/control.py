"""The controller: it issues the operations of a trace in turn, and waits at the barriers between
batches.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from archsim.soc.feed import Process
from archsim.soc.operation_run import OperationRun
from archsim.soc.reload import load
from archsim.soc.streams import reserve
from archsim.trace.operation import Operation

if TYPE_CHECKING:
    from archsim.soc.machine import EventMachine  # which starts this process


class Turn(NamedTuple):
    """What is issued next: an operation for an image, or a pass of it where weights are reloaded."""

    image: int
    operation: Operation
    part: int


def schedule(machine: EventMachine) -> Iterator[Iterator[Turn]]:
    """Groups of turns between barriers: batches; inside one, image by image, or pass by pass where
    weights are reloaded (each load then serves all images).
    """
    trace = machine.trace
    residency = machine.residency
    # Weights change at the end of a mini-batch, so nothing of the next may begin before. An
    # inference has no such barrier.
    step = trace.batch if trace.phase == "training" else machine.images
    for first in range(0, machine.images, step):
        batch = range(first, min(first + step, machine.images))
        if residency:
            yield (
                Turn(image, operation, part)
                for operation in trace.image_operations
                # Passes outside, images inside: a matrix is loaded once for all images of the batch
                # and not once each.
                for part in range(residency.passes(operation))
                for image in batch
                if image % operation.every == 0
            )
        else:
            yield (
                Turn(image, operation, 0)
                for image in batch
                for operation in trace.image_operations
                # Operations of some rules come once in several images.
                if image % operation.every == 0
            )
        if trace.batch_operations:
            yield (
                # The update belongs to the batch; its last image stands for it.
                Turn(batch[-1], operation, part)
                for operation in trace.batch_operations
                for part in range(residency.passes(operation) if residency else 1)
            )


def control(machine: EventMachine) -> Process:
    """Issue everything; over when all is done."""
    # Only for the display, as counting takes a pass over the whole schedule.
    turns = sum(1 for group in schedule(machine) for _ in group) if machine.progress else 0
    first_forward = next(
        (op.name for op in machine.trace.image_operations if op.phase == "forward"), ""
    )
    fetched = not machine.chip.off_chip.preload_input
    for group in schedule(machine):
        runs: dict[tuple[int, str], OperationRun] = {}
        last: OperationRun | None = None
        for turn in group:
            # The image comes in once, before the first layer that reads it.
            if fetched and turn.operation.name == first_forward and turn.part == 0:
                yield machine.env.timeout(_load_image(machine))
            if last is not None and last.image != turn.image and not machine.residency:
                runs = {}  # operations depend on those of the same image only
            run = machine.run_of(turn)
            run.sources = [
                runs[turn.image, name]
                for name in turn.operation.after
                if (turn.image, name) in runs
            ]
            runs[turn.image, turn.operation.name] = run
            yield from _issue(machine, turn, run, last)
            last = run
            if machine.progress:
                machine.progress(machine.operations_ended, turns)
        # The barrier. A copy, as runs leave the table when they end.
        for run in list(machine.pending.values()):
            if not run.finished.triggered:
                yield run.finished


def _issue(
    machine: EventMachine, turn: Turn, run: OperationRun, last: OperationRun | None
) -> Process:
    """Fetch an operation, wait until it may begin, and start it. Where no operation is left to run
    meanwhile, the tiles stand still for the instruction.
    """
    env = machine.env
    settings = machine.chip.controller
    asked = env.now
    if settings.prefetch and settings.issue_cycles:
        # Fetched while the operation before it still works, so it costs time only where nothing
        # else does.
        yield env.timeout(_fetch(machine))
    if machine.pipelined:
        barrier = env.now
    else:
        barrier = asked if last is None else max(asked, last.ended)
        if last is not None and not last.finished.triggered:
            run.waiting["operation"] = last.name
            yield last.finished
            barrier = env.now
    # Asked again after each wake, since another operation may have taken the room.
    while machine.pipelined and machine.in_flight >= settings.in_flight:
        run.waiting["operation"] = "room among the operations in flight"
        yield machine.room_in_flight()
    if machine.residency:
        yield from load(machine.residency, machine, turn)
    if not settings.prefetch and settings.issue_cycles:
        yield env.timeout(_fetch(machine))
    lane = machine.lanes.get(turn.operation.matrix_name)
    if lane:
        # The wait for loaded weights has a cause of its own; here only the controller's is counted.
        since = env.now if machine.residency else barrier
        lane.stall("instruction", None, since, env.now, turn.operation.phase)
    machine.in_flight += 1
    run.start()


def _fetch(machine: EventMachine) -> int:
    controller = machine.wiring.servers["controller"]
    return reserve(controller, (machine.chip.controller.issue_cycles,))


def _load_image(machine: EventMachine) -> int:
    """An image from outside passes the off-chip channel and a port of the buffer."""
    chip = machine.chip
    wiring = machine.wiring
    bits = machine.trace.input_elements * chip.read.input_bits
    durations = (chip.off_chip.cycles(bits), chip.buffer.cycles(bits))
    servers = wiring.down["off_chip"], wiring.up["buffer"]
    # The latency is the way to the memory and takes no channel.
    return chip.off_chip.latency_cycles + reserve(servers, durations)
