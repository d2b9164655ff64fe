"""The activation buffer and its ports."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from archsim.chip.blocks.base import TIMED, Acts, Block, Contradiction, RunTotals, ServerPlan
from archsim.chip.blocks.step import Step
from archsim.chip.section import Section
from archsim.ledger.ledger import Ledger
from archsim.trace.operation import Trace
from hwlib.effects import FASTER, SIDE_BY_SIDE, Effects

if TYPE_CHECKING:
    from archsim.chip.config import Architecture  # see base.py


class BufferSettings(Section):
    """The activation buffer."""

    capacity_kib: Annotated[float, Field(ge=0.0625, le=65536), SIDE_BY_SIDE.as_limit()] = 64.0
    """Size of the activation buffer; what does not fit goes off chip."""
    fit: Annotated[bool, SIDE_BY_SIDE] = False
    """Grow the buffer until feature maps and training state of the network fit: `capacity_kib` is
    then the least, whole KiB are added, and the larger buffer is priced.
    """
    width_bits: Annotated[int, Field(ge=8, le=1024), FASTER] = 64
    """Bits a cycle of a port."""
    ports: Annotated[int, Field(ge=1, le=8), SIDE_BY_SIDE] = 1
    """Ports; with one, reads and writes share it."""
    window_reuse: Annotated[bool, Effects(energy="down", time="down", accuracy="ageing")] = True
    """The tile keeps the overlap of two neighbouring convolution windows."""
    tile_queue: Annotated[int, Field(ge=1, le=1024), FASTER.as_limit()] = 2
    """Entries of the input and of the output queue of a unit."""

    def cycles(self, bits: int) -> int:
        """Cycles of a port for so many bits."""
        return -(-bits // self.width_bits)


class Buffer(Block[BufferSettings]):
    """A word of `width_bits` a cycle and port. Half of the ports write, rounded down; a single one
    does both.

    What is off chip passes the buffer on its way, maps and state alike: a larger buffer takes
    traffic from the channel alone.
    """

    name = "buffer"
    section = BufferSettings
    down = 20
    up = 30
    roles = ("buffer",)
    on_cores = False
    only_times = True
    acts = {
        "fit": Acts(lambda run: run.built.grown_kib > 0, "all that it has to hold fits without"),
        "ports": TIMED,
        "tile_queue": TIMED,
        "window_reuse": Acts(
            lambda run: any(
                op.fresh_elements and op.fresh_elements != op.input_elements
                for op in run.operations
            ),
            "no windows overlap",
        ),
    }

    def servers(self, chip: Architecture, trace: Trace) -> tuple[ServerPlan, ...]:
        ports = chip.buffer.ports
        # The odd port reads: what goes in is more than what comes out, since windows overlap.
        read = ServerPlan("buffer", "buffer", max(1, ports - ports // 2))
        return (read,) if ports == 1 else (read, ServerPlan("buffer_write", "buffer", ports // 2))

    def flat_only(self, chip: Architecture) -> Iterator[Contradiction]:
        if chip.buffer.fit:
            why = "the global buffer holds what the buffers of cores do not, and is not grown"
            yield Contradiction("buffer.fit", True, why, "set buffer.capacity_kib")

    def plan_step(self, step: Step) -> None:
        width = self.settings(step.chip).width_bits
        # Counts may be fractions of a word (a mean over the steps of an operation), cycles may not.
        words_in = (step.bits_in + step.state_in + step.cache_in + step.sums_in) / width
        words_out = (step.bits_out + step.state_out) / width
        step.count("buffer", "read", words_in)
        step.count("buffer", "write", words_out)
        step.plan.down[self.name] = math.ceil(words_in - 1e-9)
        step.plan.up[self.name] = math.ceil(words_out - 1e-9)

    def count_run(self, ledger: Ledger, totals: RunTotals) -> None:
        # Each image comes from outside once, and is written before anything reads it.
        bits = totals.trace.input_elements * totals.chip.read.input_bits * totals.images
        ledger.add("buffer", "write", "", "", bits / self.settings(totals.chip).width_bits)


BLOCK = Buffer()
