"""A built chip at work from its first event to its last: its step, or what it does once before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archsim.soc.engine import PlacedTrace, machine_of

if TYPE_CHECKING:
    from archsim.chip.built import BuiltChip
    from archsim.soc.executed import ChipMachine
    from archsim.soc.riders import Riders


def run_step(built: BuiltChip, engine: str = "auto", riders: Riders | None = None) -> ChipMachine:
    """Execute the step of a built chip with the plans that it has.

    Args:
        built: the chip.
        engine: one of `engine.ENGINES`.
        riders: real data, observers, progress.

    Returns:
        the machine, run to its end.

    Raises:
        InputError: for an engine that cannot do this run.
        RuntimeError: where work was lost.
    """
    work = PlacedTrace(built.trace, built.chip, built.placement, built.images)
    machine = machine_of(engine, work, riders, built.plans)
    machine.run()
    return machine


def run_once(built: BuiltChip, engine: str = "auto") -> ChipMachine | None:
    """Execute what a built chip does before its first image; None where that is nothing."""
    if built.once is None:
        return None
    work = PlacedTrace(built.once, built.chip, built.placement, 1)
    machine = machine_of(engine, work, plans=built.once_plans)
    machine.run()
    return machine
