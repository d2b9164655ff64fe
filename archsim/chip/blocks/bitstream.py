"""Generators of pulse trains, and the units of an update rule's own."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from archsim.chip.blocks.base import Acts, Block, Contradiction, ServerPlan
from archsim.chip.blocks.step import Step
from archsim.chip.section import Section
from archsim.trace.operation import Trace
from hwlib.effects import FINER, OTHER_MACHINE, Effects

if TYPE_CHECKING:
    from archsim.chip.config import Architecture  # see base.py
    from archsim.chip.usage import Usage


# Number generators of a tile where lines share them; a line of its own has one in its bit-stream
# generator, and so has the chip's block.
NUMBERS_OF_A_TILE = {"side": 2, "tile": 1}


class BitstreamSettings(Section):
    """Generators of the pulse trains: their numbers make the trains that a training applies, and are
    what is priced.
    """

    sharing: Annotated[Literal["line", "side", "tile", "chip"], OTHER_MACHINE] = "line"
    """`line`: each row and column of a tile has a generator of its own, seeded apart; `side`: one
    number a slot for all rows of a tile and one for all columns; `tile`: one for rows and columns
    alike, so that a coincidence has the smaller of two probabilities in place of their product;
    `chip`: one block for all tiles, which queue for it and are served line after line. The parts of
    a line in several tiles have the same train.
    """
    bits_per_cycle: Annotated[
        int, Field(ge=1, le=65536), Effects(area="up", energy="any", time="down", accuracy="any")
    ] = 64
    """Random bits a cycle of the block that the chip shares: so many generators."""
    resolution: Annotated[int, Field(ge=3, le=16), FINER] = 8
    """Bits of a random number, against which a value is compared: a probability is rounded to a
    level of so many bits, and a register repeats after 2^bits - 1 numbers.
    """
    source: Annotated[Literal["ideal", "lfsr", "sobol"], OTHER_MACHINE] = "lfsr"
    """`lfsr`: shift registers; `sobol`: low-discrepancy sequences; `ideal`: independent random bits,
    which have no hardware and no price.
    """

    @property
    def numbers_of_a_tile(self) -> int:
        """Number generators of a tile beside the comparators of its lines."""
        return NUMBERS_OF_A_TILE.get(self.sharing, 0) if self.source != "ideal" else 0


def _ideal(run: Usage) -> bool:
    return run.built.chip.bitstream.source == "ideal"


def _generates(run: Usage) -> bool:
    return "bitstream_generator" in run.added


def _drawn(run: Usage) -> bool:
    return not _ideal(run) and (run.random or _generates(run))


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
        "sharing": Acts(_drawn, "no generator makes random pulse trains"),
        "bits_per_cycle": Acts(
            lambda run: run.built.chip.bitstream.sharing == "chip" and _drawn(run),
            "no generators that tiles share",
        ),
        "resolution": GENERATED,
        "source": Acts(
            lambda run: _generates(run) or (_ideal(run) and run.random), GENERATED.otherwise
        ),
    }

    def servers(self, chip: Architecture, trace: Trace) -> tuple[ServerPlan, ...]:
        operations = trace.image_operations + trace.batch_operations
        queued = chip.bitstream.sharing == "chip" and chip.bitstream.source != "ideal"
        if queued or any(op.unit_work for op in operations):
            return (ServerPlan("bitstream_generator", "bitstream_generator"),)
        return ()

    def flat_only(self, chip: Architecture) -> Iterator[Contradiction]:
        if self.settings(chip).sharing == "chip":
            why = "the trains of one block do not cross the network between cores"
            yield Contradiction("bitstream.sharing", "chip", why, "set line, side or tile")

    def cycles_for(self, role: str, action: str, chip: Architecture) -> int | None:
        if role == "stream_source":
            return None  # the update rule adds the time of its devices to that of a bit
        if role not in ("bitstream_generator", "number_generator"):
            return 1
        # A line's own generator has the time of a pulse for its bit; one block for all must give
        # one every cycle.
        return 1 if self.settings(chip).sharing == "chip" else chip.update.pulse_cycles

    def plan_step(self, step: Step) -> None:
        plan = step.plan
        operation = step.operation
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
        # The hair is off for products of floats that are a whole number but for their rounding.
        plan.down[self.name] = math.ceil(operation.unit_cycles + nanoseconds - 1e-9)


BLOCK = Bitstream()
