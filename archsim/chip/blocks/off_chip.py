"""The channel to the off-chip memory."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from archsim.chip.blocks.base import TIMED, Acts, Block, RunTotals, ServerPlan
from archsim.chip.blocks.step import Step
from archsim.chip.section import Cycles, Section
from archsim.ledger.ledger import Ledger
from archsim.trace.operation import Trace
from hwlib.effects import FASTER, SIDE_BY_SIDE, SLOWER, Effects

if TYPE_CHECKING:
    from archsim.chip.config import Architecture  # see base.py


class OffChipSettings(Section):
    """The off-chip memory channel."""

    bits_per_cycle: Annotated[int, Field(ge=1, le=65536), FASTER.as_limit()] = 32
    """Bits a cycle of the channel."""
    latency_cycles: Annotated[Cycles, SLOWER.as_limit()] = 50
    """Cycles until the first word of a request."""
    channels: Annotated[int, Field(ge=1, le=64), SIDE_BY_SIDE.as_limit()] = 1
    """Channels of `bits_per_cycle` each, side by side; a request takes the first that is free."""
    burst_bits: Annotated[
        int, Field(ge=1, le=65536), Effects(energy="up", time="up", accuracy="ageing", limit=True)
    ] = 1
    """Bits of a burst: what a step reads, and what it writes, is whole bursts. 256 for LPDDR4, which
    prefetches 16 words of 16 bits.
    """
    refresh_share: Annotated[float, Field(ge=0, le=0.9), SLOWER.as_limit()] = 0.0
    """Share of the time in which the memory refreshes itself and a channel waits: the time of one
    refresh over that between two. 0.046 for 4 Gbit of LPDDR4 a channel (180 ns every 3.9 us).
    """
    preload_input: Annotated[bool, Effects(energy="down", time="down", accuracy="ageing")] = True
    """The first image waits in the buffer at time 0 and later ones are fetched in the background:
    their transfers are counted, not waited for.
    """

    def moved(self, bits: float) -> float:
        """Bits of the whole bursts that so many take."""
        if self.burst_bits == 1 or not bits:
            return bits
        return math.ceil(bits / self.burst_bits - 1e-9) * self.burst_bits

    def cycles(self, bits: float) -> int:
        """Cycles that a channel takes for so many bits, refreshes among them."""
        # In a share of the time nothing moves, so what moves takes 1 / (1 - share) as long.
        cycles = self.moved(bits) / self.bits_per_cycle / (1 - self.refresh_share)
        return math.ceil(cycles - 1e-9)


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
    per = "channel"
    acts = {
        "bits_per_cycle": TIMED,
        "latency_cycles": TIMED,
        "preload_input": TIMED,
        "channels": Acts(
            lambda run: (
                run.timed
                or any(part.per == "channel" for part in run.built.chip.components.values())
            ),
            "nothing is timed, and no part is for a channel",
        ),
        "refresh_share": TIMED,
    }

    def servers(self, chip: Architecture, trace: Trace) -> tuple[ServerPlan, ...]:
        return (ServerPlan("off_chip_memory", "off_chip", self.settings(chip).channels),)

    def parts(self, chip: Architecture, tiles: int) -> int:
        return self.settings(chip).channels

    def cycles_for(self, role: str, action: str, chip: Architecture) -> int | None:
        return None  # a memory of its own clock

    def plan_step(self, step: Step) -> None:
        settings = self.settings(step.chip)
        maps = step.memory.spill(step.operation, step.chip)
        state = step.memory.state_spill
        cache = step.memory.cache_spill
        read = step.bits_in + step.sums_in
        bits_in = read * maps + step.state_in * state + step.cache_in * cache
        # what is kept leaves once, with the map that it is part of or by itself
        kept = step.cache_out * max(0.0, cache - maps)
        bits_out = step.bits_out * maps + step.state_out * state + kept
        bits_in, bits_out = settings.moved(bits_in), settings.moved(bits_out)
        step.count("off_chip_memory", "read", bits_in)
        step.count("off_chip_memory", "write", bits_out)
        # Both directions share the wires of a channel.
        cycles = settings.cycles(bits_in + bits_out)
        step.plan.down[self.name] = cycles
        if cycles:
            # Once a step: the words of one request follow each other.
            step.plan.latency = settings.latency_cycles

    def count_run(self, ledger: Ledger, totals: RunTotals) -> None:
        bits = totals.trace.input_elements * totals.chip.read.input_bits
        # Whole bursts for each image: they lie apart in the memory.
        moved = self.settings(totals.chip).moved(bits) * totals.images
        ledger.add("off_chip_memory", "read", "", "", moved)


BLOCK = OffChip()
