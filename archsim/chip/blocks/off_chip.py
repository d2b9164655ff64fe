"""The channel to the off-chip memory."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from archsim.chip.blocks.base import TIMED, Block, RunTotals, ServerPlan
from archsim.chip.blocks.step import Step
from archsim.chip.section import Cycles, Section
from archsim.ledger.ledger import Ledger
from archsim.trace.operation import Trace
from hwlib.effects import FASTER, SLOWER, Effects

if TYPE_CHECKING:
    from archsim.chip.config import Architecture  # see base.py


class OffChipSettings(Section):
    """The off-chip memory channel."""

    bits_per_cycle: Annotated[int, Field(ge=1, le=65536), FASTER.as_limit()] = 32
    """Bits a cycle of the channel."""
    latency_cycles: Annotated[Cycles, SLOWER.as_limit()] = 50
    """Cycles until the first word of a request."""
    preload_input: Annotated[bool, Effects(energy="down", time="down", accuracy="ageing")] = True
    """The first image waits in the buffer at time 0 and later ones are fetched in the background:
    their transfers are counted, not waited for.
    """


class OffChip(Block[OffChipSettings]):
    """One channel for both directions: what the buffer does not hold of feature maps, training
    state, and keys and values of earlier tokens, each as a share of its traffic, passes it before
    the step begins.
    """

    name = "off_chip"
    section = OffChipSettings
    down = 10
    roles = ("off_chip_memory",)
    without = frozenset(roles)
    on_cores = False
    only_times = True
    acts = {"bits_per_cycle": TIMED, "latency_cycles": TIMED, "preload_input": TIMED}

    def servers(self, chip: Architecture, trace: Trace) -> tuple[ServerPlan, ...]:
        return (ServerPlan("off_chip_memory", "off_chip"),)

    def cycles_for(self, role: str, action: str, chip: Architecture) -> int | None:
        return None  # a memory of its own clock

    def plan_step(self, step: Step) -> None:
        settings = self.settings(step.chip)
        maps = step.memory.spill(step.operation, step.chip)
        state = step.memory.state_spill
        cache = step.memory.cache_spill
        bits_in = step.bits_in * maps + step.state_in * state + step.cache_in * cache
        # what is kept leaves once, with the map that it is part of or by itself
        kept = step.cache_out * max(0.0, cache - maps)
        bits_out = step.bits_out * maps + step.state_out * state + kept
        step.count("off_chip_memory", "read", bits_in)
        step.count("off_chip_memory", "write", bits_out)
        cycles = math.ceil((bits_in + bits_out) / settings.bits_per_cycle)
        step.plan.down[self.name] = cycles
        if cycles:
            step.plan.latency = settings.latency_cycles

    def count_run(self, ledger: Ledger, totals: RunTotals) -> None:
        bits = totals.trace.input_elements * totals.chip.read.input_bits * totals.images
        ledger.add("off_chip_memory", "read", "", "", bits)


BLOCK = OffChip()
