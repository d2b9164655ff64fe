"""Which engine runs the events: SimPy, which says what they are, or compiled code that does the
same, event for event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, NamedTuple

from archsim.chip.config import Architecture
from archsim.chip.placement import Placement
from archsim.soc.machine import EventMachine
from archsim.soc.riders import ENGINES, Riders
from archsim.trace.operation import Trace
from hwlib.errors import InputError, unknown

if TYPE_CHECKING:
    from archsim.soc.compiled.machine import CompiledMachine  # slow to load
    from archsim.soc.executed import ChipMachine


class PlacedTrace(NamedTuple):
    """A trace on a chip, and how many images go through."""

    trace: Trace
    chip: Architecture
    placement: Placement
    images: int


# SimPy does a job in about 17 us. Compiled code is loaded in one or two seconds, and made, once
# on a machine, in half a minute: before that much work it would only delay the run. The choice rests
# on the work alone, not on what this process did before.
LOADED_FOR = 150_000
COMPILED_FOR = 4_000_000
JOBS_OF_A_STEP = 8
"""Of a step on cores, whose messages pass links: it takes SimPy about so long as that many jobs."""


class StepTally:
    """Steps of many runs that one process does for one purpose: a sweep."""

    def __init__(self) -> None:
        self.steps = 0


_tally: ContextVar[StepTally | None] = ContextVar("tally", default=None)


@contextmanager
def counted_together(tally: StepTally) -> Iterator[None]:
    """Runs in here are worth loading compiled events as soon as they are all together. Their results
    must not say which engine ran: that depends on what came before.

    Args:
        tally: of this process; grows.
    """
    token = _tally.set(tally)
    try:
        yield
    finally:
        _tally.reset(token)


def machine_of(engine: str, work: PlacedTrace, riders: Riders | None = None) -> ChipMachine:
    """The machine that executes a trace on a chip.

    Args:
        engine: one of ENGINES; `auto` takes compiled events where they cover the run and it is longer
            than loading them.
        work: trace, chip and placement.
        riders: real data, observers, progress.

    Returns:
        a machine that has not run yet; its `engine` says which it is.

    Raises:
        InputError: for an unknown engine, and for compiled events of what only SimPy can do.
    """
    riders = riders or Riders()
    if engine not in ENGINES:
        raise unknown("engine", engine, ENGINES, where="engine")
    steps = _counted(steps_of(work) * (JOBS_OF_A_STEP if work.placement.cores else 1))
    if engine == "compiled" or engine == "auto" and steps >= LOADED_FOR:
        from archsim.soc.compiled.covers import not_covered

        reasons = list(not_covered(work.trace, work.placement, riders))
        if engine == "compiled" and reasons:
            raise InputError(
                "compiled events cannot do this run",
                where="engine",
                got="; ".join(reasons),
                hint="engine simpy, or auto",
            )
        if not reasons:
            machine, is_there = _compiled(work)
            if engine == "compiled" or steps >= COMPILED_FOR or is_there():
                return machine(*work, riders.progress)
    if work.placement.cores:
        from archsim.soc.cores.core_machine import CoreMachine

        return CoreMachine(work, riders)
    return EventMachine(*work, *riders)


def _compiled(work: PlacedTrace) -> tuple[type[CompiledMachine], Callable[[], bool]]:
    """The compiled machine of a chip, and what says whether its machine code is there."""
    from archsim.soc.compiled import machine as flat

    if not work.placement.cores:
        return flat.CompiledMachine, flat.is_compiled
    from archsim.soc.compiled.cores.loop import run_core_events
    from archsim.soc.compiled.cores.machine import CompiledCoreMachine

    return CompiledCoreMachine, lambda: flat.is_compiled(run_core_events)


def _counted(steps: int) -> int:
    tally = _tally.get()
    if tally is None:
        return steps
    tally.steps += steps
    return tally.steps


def steps_of(work: PlacedTrace) -> int:
    """Steps of all operations, images and batches: about as many jobs."""
    trace, images = work.trace, work.images
    batches = -(-images // trace.batch)
    each = sum(op.steps * -(-images // op.every) for op in trace.image_operations)
    return each + batches * sum(op.steps for op in trace.batch_operations)
