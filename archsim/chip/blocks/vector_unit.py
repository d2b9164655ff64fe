"""The digital vector unit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from archsim.chip.blocks.base import Acts, Block, ServerPlan
from archsim.chip.blocks.core import cores_of
from archsim.chip.blocks.step import Step
from archsim.chip.section import Section
from archsim.trace.operation import Trace
from hwlib.effects import OTHER_MACHINE, SIDE_BY_SIDE, SLOWER, Effects

if TYPE_CHECKING:
    from archsim.chip.config import Architecture  # see base.py

WORD_BITS = {"int8": 8, "int16": 16, "int32": 32, "fp16": 16, "bf16": 16, "fp32": 32}
ITERATIVE = ("divide", "square_root")


class VectorUnitSettings(Section):
    """The digital vector unit."""

    lanes: Annotated[int, Field(ge=1, le=65536), SIDE_BY_SIDE] = 16
    """Elements a cycle."""
    format: Annotated[Literal["int8", "int16", "int32", "fp16", "bf16", "fp32"], OTHER_MACHINE] = (
        "int16"
    )
    """Number format of a lane, and of a word of training state."""
    rounding: Annotated[
        Literal["nearest", "stochastic"], Effects(area="any", energy="any", accuracy="any")
    ] = "nearest"
    """How a lane rounds what it writes: to the `nearest` number, halves to even, or `stochastic`: by
    chance, with random bits that each lane draws.
    """
    divide_cycles: Annotated[int, Field(ge=1, le=1000), SLOWER.as_limit()] = 16
    """Cycles of a division or a square root of one element; both are iterative."""

    @property
    def word_bits(self) -> int:
        return WORD_BITS[self.format]


class VectorUnit(Block[VectorUnitSettings]):
    """An action a cycle and lane, `divide_cycles` where it is iterative. It does all the digital
    work that no other block takes.
    """

    name = "vector_unit"
    section = VectorUnitSettings
    up = 20
    roles = ("vector_unit",)
    per = "lane"
    in_every_core = True
    on_cores = False
    acts = {
        "lanes": Acts(
            lambda run: (
                not run.built.chip.core.tiles
                and (
                    run.timed
                    or any(part.per == "lane" for part in run.built.chip.components.values())
                )
            ),
            "nothing is timed and no part is for a lane, or the lanes are those of cores",
        ),
        "divide_cycles": Acts(
            lambda run: run.timed and run.does(*ITERATIVE),
            "nothing is timed that divides or takes roots",
        ),
    }

    def servers(self, chip: Architecture, trace: Trace) -> tuple[ServerPlan, ...]:
        if chip.core.tiles:
            return ()
        return (ServerPlan("vector_unit", "vector_unit"),)

    def cycles_for(self, role: str, action: str, chip: Architecture) -> int | None:
        return self.settings(chip).divide_cycles if action in ITERATIVE else 1

    def parts(self, chip: Architecture, tiles: int) -> int:
        if chip.core.tiles:
            return chip.core.lanes * cores_of(chip, tiles)
        return chip.vector_unit.lanes

    def plan_step(self, step: Step) -> None:
        settings = self.settings(step.chip)
        load = 0.0
        for action, count in step.work.items():
            step.count("vector_unit", action, count)
            load += count * (settings.divide_cycles if action in ITERATIVE else 1)
        # All lanes work on one step together: a step of fewer elements than lanes leaves some idle
        # for a cycle.
        step.plan.up[self.name] = math.ceil(load / settings.lanes - 1e-9)


BLOCK = VectorUnit()
