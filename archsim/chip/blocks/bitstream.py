"""Generators of pulse trains, and the units of an update rule's own."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from archsim.chip.blocks.base import Acts, Block, ServerPlan
from archsim.chip.blocks.step import Step
from archsim.chip.section import Section
from archsim.trace.operation import Trace

if TYPE_CHECKING:
    from archsim.chip.config import Architecture  # see base.py
    from archsim.chip.usage import Usage


class BitstreamSettings(Section):
    """Generators of the pulse trains."""

    sharing: Literal["line", "chip"] = "line"
    """`line`: each row and column has a generator of its own, no waiting; `chip`: one block for all
    tiles, which queue for it.
    """
    bits_per_cycle: Annotated[int, Field(ge=1, le=65536)] = 64
    """Random bits a cycle of the block that the chip shares."""
    resolution: Annotated[int, Field(ge=3, le=16)] = 8
    """Bits of a random number, against which a value is compared."""
    source: Literal["lfsr", "sobol"] = "lfsr"
    """`lfsr`: shift registers; `sobol`: low-discrepancy sequences."""


def _generates(run: Usage) -> bool:
    return "bitstream_generator" in run.added


GENERATED = Acts(_generates, "no generator of pulse trains is added")


class Bitstream(Block[BitstreamSettings]):
    """Shared generators give `bits_per_cycle` of a train; an update rule's own units take what the
    operation says.
    """

    name = "bitstream"
    section = BitstreamSettings
    down = 40
    roles = (
        "bitstream_generator",
        "number_generator",
        "stream_converter",
        "stream_source",
        "stream_multiplier",
        "stream_counter",
        "optimiser_counter",
        "stream_divider",
    )
    optional = True
    acts = {
        "sharing": Acts(lambda run: run.random or _generates(run), "no random pulse trains"),
        "bits_per_cycle": Acts(
            lambda run: (
                run.built.chip.bitstream.sharing == "chip" and (run.random or _generates(run))
            ),
            "no generators that tiles share",
        ),
        "resolution": GENERATED,
        "source": GENERATED,
    }

    def servers(self, chip: Architecture, trace: Trace) -> tuple[ServerPlan, ...]:
        operations = trace.image_operations + trace.batch_operations
        if chip.bitstream.sharing == "chip" or any(op.unit_work for op in operations):
            return (ServerPlan("bitstream_generator", "bitstream_generator"),)
        return ()

    def plan_step(self, step: Step) -> None:
        plan, operation = step.plan, step.operation
        if self.settings(step.chip).sharing == "chip":
            # what the tiles' law counted: the bits that the lines of this step need
            bits = plan.step.get(("bitstream_generator", "bit"), 0.0)
            cycles = bits / self.settings(step.chip).bits_per_cycle
            plan.down[self.name] = math.ceil(cycles - 1e-9)
        if not operation.unit_work:
            return
        for name, work in operation.unit_work.items():
            component, action = name.split(".")
            # part of the work goes with a field of the activity
            factors = (
                1.0 if field == "step" else getattr(operation.activity, field) for field in work
            )
            total = sum(count * factor for count, factor in zip(work.values(), factors))
            step.count(component, action, total)
        nanoseconds = operation.unit_ns * step.chip.clock_mhz * 1e-3
        plan.down[self.name] = math.ceil(operation.unit_cycles + nanoseconds - 1e-9)


BLOCK = Bitstream()
