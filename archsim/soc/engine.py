"""Which engine runs the events: SimPy, which says what they are, or compiled code that does the
same, event for event.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, NamedTuple

from archsim.chip.config import Architecture
from archsim.chip.placement import Placement
from archsim.chip.plan.operation_plan import OperationPlan
from archsim.soc.length import jobs_of
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
# on a machine, in half a minute: before that much work it would only delay the run. Work of earlier
# runs of a process counts, too (who has waited that long would rather have loaded it), and once the
# code is loaded no run is too short for it. Numbers are the same by either; results say which ran.
LOADED_FOR = 150_000
COMPILED_FOR = 4_000_000


class StepTally:
    """Steps of many runs that one process does."""

    def __init__(self) -> None:
        self.steps = 0.0
        self._lacking: dict[object, float] = {}

    def finds(self, code: object, is_there: Callable[[], bool]) -> bool:
        """Whether machine code is there. To ask takes milliseconds, as long as a short run: after a no
        it is asked again when as many more steps are done as loading is worth."""
        if self.steps < self._lacking.get(code, 0.0):
            return False
        if is_there():
            return True
        self._lacking[code] = self.steps + LOADED_FOR
        return False


_of_process = StepTally()
_tally: ContextVar[StepTally | None] = ContextVar("tally", default=_of_process)


@contextmanager
def counted_together(tally: StepTally) -> Iterator[None]:
    """Runs in here are worth loading compiled events as soon as they are all together, whatever the
    process did outside: a sweep.

    Args:
        tally: of these runs; grows.
    """
    token = _tally.set(tally)
    try:
        yield
    finally:
        _tally.reset(token)


@contextmanager
def by_work_alone() -> Iterator[None]:
    """In here the engine is chosen by the work of a run, whatever the process did before: for results
    that are stored, and made again elsewhere.
    """
    token = _tally.set(None)
    try:
        yield
    finally:
        _tally.reset(token)


def machine_of(
    engine: str,
    work: PlacedTrace,
    riders: Riders | None = None,
    plans: Sequence[OperationPlan] = (),
) -> ChipMachine:
    """The machine that executes a trace on a chip.

    Args:
        engine: one of ENGINES; `auto` takes compiled events where they cover the run and are loaded, or
            it is longer than loading them, with the runs before it.
        work: trace, chip and placement.
        riders: real data, observers, progress.
        plans: of all operations, where they were made already.

    Returns:
        a machine that has not run yet; its `engine` says which it is.

    Raises:
        InputError: for an unknown engine, and for compiled events of what only SimPy can do.
    """
    if engine not in ENGINES:
        raise unknown("engine", engine, ENGINES, where="engine")
    machine = _chosen(engine, work, riders or Riders(), plans)
    machine.adopt(plans)
    return machine


def _chosen(
    engine: str, work: PlacedTrace, riders: Riders, plans: Sequence[OperationPlan]
) -> ChipMachine:
    tally = _tally.get()
    known = tally is not None and is_loaded(work.placement)
    wanted = engine == "compiled" or (engine == "auto" and known)
    jobs = 0.0
    if engine == "auto" and not wanted:
        jobs = _counted(tally, jobs_of(work, plans, COMPILED_FOR))
    if wanted or jobs >= LOADED_FOR:
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
            there = wanted or jobs >= COMPILED_FOR
            if there or (tally.finds(machine, is_there) if tally else is_there()):
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


def is_loaded(placement: Placement) -> bool:
    """Whether this process has the machine code of the events of a flat chip, or of one of cores."""
    name, loop = ("cores.loop", "run_core_events") if placement.cores else ("loop", "run_events")
    # not imported here, which would load it
    module = sys.modules.get(f"archsim.soc.compiled.{name}")
    return module is not None and bool(getattr(module, loop).signatures)


def _counted(tally: StepTally | None, steps: float) -> float:
    if tally is None:
        return steps
    tally.steps += steps
    return tally.steps
