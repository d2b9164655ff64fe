"""The analog read of a tile: a vector is applied to its lines, and what comes out is converted."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from archsim.chip.blocks.base import Acts, Block
from archsim.chip.blocks.driven_lines import driven_lines, in_groups
from archsim.chip.blocks.read_counts import (
    converts_in_turn,
    count_conversions,
    count_inputs,
    job_timing,
)
from archsim.chip.blocks.step import Step, part_of
from archsim.chip.blocks.tile import TileJob
from archsim.chip.plan.row_groups import sum_bits
from archsim.chip.plan.slowest import slowest_repeats
from archsim.chip.section import Bits, Count, Section
from hwlib.effects import OTHER_MACHINE, OTHER_ORDER, SLOWER, Effects

if TYPE_CHECKING:
    from archsim.chip.config import Architecture  # see base.py


class TileReadSettings(Section):
    """The analog read: DAC -> array -> front end -> multiplexed ADC, in
    ceil(input_bits / bits_per_slot) slots, or in one where inputs are pulse widths.
    """

    input: Annotated[Literal["bit_serial", "pulse_width"], OTHER_MACHINE] = "bit_serial"
    """How inputs reach the rows: `bit_serial` in slots of `bits_per_slot`, or `pulse_width` in one
    slot.
    """
    input_bits: Annotated[
        int, Field(ge=1, le=16), Effects(area="up", energy="up", time="up", accuracy="up")
    ] = 8
    """Bits of an input value."""
    bits_per_slot: Annotated[int, Field(ge=1, le=16), OTHER_MACHINE] = 1
    """Bits of an input that one slot applies."""
    slot_cycles: Annotated[int, Field(ge=1, le=100_000), SLOWER] = 1
    """Cycles of one input slot; of a pulse-width slot at full scale."""
    accumulate: Annotated[Literal["analog", "digital"], OTHER_MACHINE] = "analog"
    """`analog`: slots, and groups of `rows_active`, are summed before one conversion an output;
    `digital`: one conversion a slot and group, shifted and added.
    """
    rows_active: Annotated[
        Count | Literal["all"],
        # fewer groups: narrower sums, fewer conversions, and coarser ones
        Effects(area="down", energy="any", time="down", accuracy="any"),
    ] = "all"
    """Rows of a tile that are driven at a time (columns, in whole weights, of a backward read);
    groups of them follow one another. With `accumulate` digital each is converted and added, with
    analog the front end keeps them for one conversion.
    """
    front_end: Annotated[Literal["per_column", "shared"], OTHER_ORDER] = "per_column"
    """`per_column`: all columns integrate at once; `shared`: one amplifier a converter, so the
    input is applied again for each of its columns.
    """
    columns_per_adc: Annotated[
        Count, Effects(area="down", energy="any", time="up", accuracy="ageing")
    ] = 8
    """Columns that share one converter."""
    adc_bits: Annotated[
        int, Field(ge=1, le=14), Effects(area="up", energy="up", time="any", accuracy="up")
    ] = 8
    """Resolution of a converter."""
    conversion_cycles: Annotated[
        int, Field(ge=1, le=100_000), Effects(energy="any", time="up", accuracy="ageing")
    ] = 1
    """Cycles of one conversion."""
    overlap: Annotated[bool, Effects(energy="down", time="down", accuracy="ageing")] = False
    """Conversions of one read overlap the sampling of the next."""
    all_groups: Annotated[bool, SLOWER] = True
    """Every column of a tile is converted, also unused ones."""
    transposed: Annotated[bool, Effects(area="up", energy="up", admits=True)] = True
    """Tiles can be read backwards, which takes drivers and converters on both sides."""
    output_bits: Annotated[Bits, Effects(energy="up", time="up", accuracy="up")] = 8
    """Bits of a value that leaves the tile."""

    @property
    def slots(self) -> int:
        """Input slots of one read."""
        return 1 if self.input == "pulse_width" else -(-self.input_bits // self.bits_per_slot)


# Parts that do one action a conversion; all others of the analog path do one a slot.
_AT_THE_CONVERTER = ("column_mux", "adc", "shift_add")
# What an array does in pulses of the other laws of a tile.
_PULSES: dict[str, Callable[[Architecture], int]] = {
    "write": lambda chip: chip.write.pulse_cycles,
    "update": lambda chip: chip.update.pulse_cycles,
}


class TileRead(Block[TileReadSettings]):
    """Rounds of sampling and conversion (archsim/chip/plan/tile_timing.py), forwards from the rows
    or backwards from the columns.
    """

    name = "read"
    section = TileReadSettings
    kinds = ("read", "read_transposed")
    roles = (
        "array",
        "word_line_driver",
        "bit_line_driver",
        "dac",
        "front_end",
        "column_mux",
        "adc",
        "shift_add",
        "input_register",
        "output_register",
        "tile_control",
        "tile_clock",
    )
    without = frozenset(
        {
            "word_line_driver",
            "bit_line_driver",
            "front_end",
            "column_mux",
            "shift_add",
            "input_register",
            "output_register",
            "tile_control",
            "tile_clock",
        }
    )
    acts = {
        "accumulate": Acts(
            lambda run: any(chip.read.slots > 1 for chip in run.built.chip.alike) or in_groups(run),
            "an input is one slot: there is nothing to add up",
        ),
        "rows_active": Acts(in_groups, "no layer has more rows on a tile than these"),
        "front_end": Acts(
            lambda run: converts_in_turn(run), "no converter has more than one line to convert"
        ),
        "bits_per_slot": Acts(
            lambda run: (
                run.built.chip.read.input == "bit_serial" and run.built.chip.read.input_bits > 1
            ),
            "inputs have one slot",
        ),
    }

    def cycles_for(self, role: str, action: str, chip: Architecture) -> int | None:
        if role in _AT_THE_CONVERTER:
            return chip.read.conversion_cycles
        if role == "array" and action in _PULSES:
            return _PULSES[action](chip)
        return 1 if role in ("tile_control", "tile_clock") else chip.read.slot_cycles

    def plan_job(self, job: TileJob) -> None:
        plan = job.plan
        layer = job.layer
        # A step that needs the result of the last cannot share its time with it, so copies on one
        # tile wait in turn.
        plan.units = layer.units
        plan.per_job = 1 if plan.operation.sequential else layer.copies_per_tile
        plan.retries = slowest_repeats(plan.per_job, job.activity.retries)
        lines = driven_lines(job)
        plan.tile_operations = max(1, math.ceil(lines.tiles))
        plan.timing = job_timing(job, lines.groups.most)
        count_inputs(job, lines)
        count_conversions(job, lines)

    def plan_step(self, step: Step) -> None:
        """Results on the wires, and what the digital side does with them: the sums of the row
        splits, the step from converter code to number, the bias.
        """
        plan = step.plan
        layer = step.layer
        operation = step.operation
        if operation.kind not in self.kinds or layer is None:
            return
        matrix = layer.matrix
        work = step.work
        transposed = operation.kind == "read_transposed"
        outputs = (matrix.rows if transposed else matrix.columns) * matrix.groups
        along = layer.column_splits if transposed else layer.row_splits
        # Each tile along the split gives a partial sum of every output.
        splits = along * plan.share * part_of(operation, along, along)[1]
        # One bit more for the sign, which subtracting columns brings in.
        step.results_out = outputs * splits * (sum_bits(step.chip) + 1)
        if not step.chip.core.tiles:  # the sums of a core are its accumulator's
            work["add"] = work.get("add", 0) + outputs * max(0.0, splits - 1)
        # From codes to numbers by the scale of the layer, once an output.
        work["multiply"] = work.get("multiply", 0) + outputs * min(1.0, splits)
        digital = step.chip.weights.bias == "digital"
        if matrix.bias and digital and operation.phase == "forward":
            work["add"] = work.get("add", 0) + outputs


BLOCK = TileRead()
