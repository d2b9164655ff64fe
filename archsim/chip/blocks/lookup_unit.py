"""Tables of activation functions beside the vector unit."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from archsim.chip.blocks.base import Acts, Block, Contradiction, ServerPlan
from archsim.chip.blocks.step import Step
from archsim.chip.section import Section
from archsim.trace.operation import Trace
from hwlib.effects import SIDE_BY_SIDE, SLOWER

if TYPE_CHECKING:
    from archsim.chip.config import Architecture  # see base.py


class LookupUnitSettings(Section):
    """Tables of activation functions beside the vector unit, as the sigmoid units of ISAAC: tanh,
    sigmoid, exponential and other functions are read from them.
    """

    lanes: Annotated[int, Field(ge=0, le=65536), SIDE_BY_SIDE] = 0
    """Tables that are read side by side; 0: there is no such unit, and the vector unit reads tables
    of its own.
    """
    lookup_cycles: Annotated[int, Field(ge=1, le=1000), SLOWER] = 1
    """Cycles of one value, of one lane."""


class LookupUnit(Block[LookupUnitSettings]):
    """Takes every lookup from the vector unit. Results pass it on their way from the interconnect
    to the vector unit, and wait for it while it serves another operation.
    """

    name = "lookup_unit"
    section = LookupUnitSettings
    up = 15
    roles = ("lookup_unit",)
    per = "lookup_lane"
    on_cores = False
    optional = True
    only_times = True
    acts = {
        "lanes": Acts(
            lambda run: (
                run.does("lookup")
                or any(part.per == LookupUnit.per for part in run.built.chip.components.values())
            ),
            "nothing is looked up, and no part is for a lookup lane",
        ),
        "lookup_cycles": Acts(
            lambda run: (
                run.timed and run.does("lookup") and LookupUnit().settings(run.built.chip).lanes > 0
            ),
            "nothing is timed, nothing is looked up, or there is no lookup unit",
        ),
    }

    def servers(self, chip: Architecture, trace: Trace) -> tuple[ServerPlan, ...]:
        if not self.settings(chip).lanes:
            return ()
        return (ServerPlan("lookup_unit", "lookup_unit"),)

    def cycles_for(self, role: str, action: str, chip: Architecture) -> int | None:
        return self.settings(chip).lookup_cycles

    def parts(self, chip: Architecture, tiles: int) -> int:
        return self.settings(chip).lanes

    def flat_only(self, chip: Architecture) -> Iterator[Contradiction]:
        lanes = self.settings(chip).lanes
        if lanes:
            why = "the lanes of a core read tables of their own"
            yield Contradiction(f"{self.name}.lanes", lanes, why, "set 0")

    def plan_step(self, step: Step) -> None:
        settings = self.settings(step.chip)
        if not settings.lanes:
            return
        # Taken out of the work: what is left is the vector unit's, which is asked after this one.
        lookups = step.work.pop("lookup", 0.0)
        step.count("lookup_unit", "lookup", lookups)
        cycles = lookups * settings.lookup_cycles / settings.lanes
        step.plan.up[self.name] = math.ceil(cycles - 1e-9)


BLOCK = LookupUnit()
