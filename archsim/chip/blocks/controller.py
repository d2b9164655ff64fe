"""Fetch and issue of operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from archsim.chip.blocks.base import Acts, Block, RunTotals, ServerPlan
from archsim.chip.section import Cycles, Section
from archsim.ledger.ledger import Ledger
from archsim.trace.operation import Trace
from hwlib.effects import SLOWER, Effects

if TYPE_CHECKING:
    from archsim.chip.config import Architecture  # see base.py


# what does not wait for others goes on, and what more images keep alive may leave the buffer
_MORE_AT_A_TIME = Effects(area="up", energy="any", time="any", accuracy="ageing", limit=True)


class ControllerSettings(Section):
    """Fetch and issue of operations."""

    issue_cycles: Annotated[Cycles, SLOWER] = 16
    """Cycles to fetch and issue an operation."""
    prefetch: Annotated[
        bool, Effects(energy="down", time="down", accuracy="ageing", limit=True)
    ] = True
    """The next operation is fetched while one runs."""
    in_flight: Annotated[int, Field(ge=1, le=65536), _MORE_AT_A_TIME] = 64
    """Operations under way at a time, in a pipeline; the buffer holds what the images do that they
    are of.
    """
    always_on: Annotated[bool, Effects(energy="up")] = True
    """The controller's clock runs all the time, not only while it issues."""


class Controller(Block[ControllerSettings]):
    """One core: an operation is issued after `issue_cycles`, in which it reads its instructions."""

    name = "controller"
    section = ControllerSettings
    roles = ("controller", "instruction_memory")
    without = frozenset(roles)
    only_times = True
    acts = {
        "prefetch": Acts(
            lambda run: run.timed and run.built.chip.controller.issue_cycles > 0,
            "no issue takes time",
        ),
        "in_flight": Acts(
            lambda run: (
                run.built.chip.execution.mode == "pipelined" and (run.timed or run.built.images > 1)
            ),
            "operations follow one another, or nothing is timed of a single image",
        ),
        "always_on": Acts(
            lambda run: run.timed and run.has("controller"),
            "nothing is timed, or there is no controller",
        ),
    }

    def servers(self, chip: Architecture, trace: Trace) -> tuple[ServerPlan, ...]:
        return (ServerPlan("controller", "controller"),)

    def stops(self, chip: Architecture) -> bool:
        return not self.settings(chip).always_on

    def count_run(self, ledger: Ledger, totals: RunTotals) -> None:
        settings = self.settings(totals.chip)
        cycles = totals.cycles
        issued = totals.issues * settings.issue_cycles
        # Without a time nobody knows how long it idles: only what it issues is charged.
        running = cycles if cycles is not None and settings.always_on else issued
        ledger.add("controller", "cycle", "", "", running)
        ledger.add("instruction_memory", "read", "", "", issued)


BLOCK = Controller()
