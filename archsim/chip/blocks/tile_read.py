"""The analog read of a tile: a vector is applied to its lines, and what comes out is converted."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from archsim.chip.blocks.base import Acts, Block
from archsim.chip.blocks.driven_lines import DrivenLines, driven_lines, in_groups, references_of
from archsim.chip.blocks.step import Step, part_of
from archsim.chip.blocks.tile import TileJob, count_tile_cycles
from archsim.chip.plan.record import add
from archsim.chip.plan.row_groups import sum_bits
from archsim.chip.plan.slowest import slowest_repeats
from archsim.chip.plan.tile_timing import TileTiming, conversions_in_turn, read_timing
from archsim.chip.section import Bits, Count, Section
from hwlib.effects import OTHER_MACHINE, OTHER_ORDER, SLOWER, Effects

if TYPE_CHECKING:
    from archsim.chip.config import Architecture  # see base.py
    from archsim.chip.placement import LayerPlacement
    from archsim.chip.usage import Usage


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
            lambda run: _converts_in_turn(run), "no converter has more than one line to convert"
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
        plan, layer = job.plan, job.layer
        # A step that needs the result of the last cannot share its time with it, so copies on one
        # tile wait in turn.
        plan.units = layer.units
        plan.per_job = 1 if plan.operation.sequential else layer.copies_per_tile
        plan.retries = slowest_repeats(plan.per_job, job.activity.retries)
        lines = driven_lines(job)
        plan.tile_operations = max(1, math.ceil(lines.tiles))
        plan.timing = _timing(job, lines.groups.most)
        _count_inputs(job, lines)
        _count_conversions(job, lines)

    def plan_step(self, step: Step) -> None:
        """Results on the wires, and what the digital side does with them: the sums of the row
        splits, the step from converter code to number, the bias.
        """
        plan = step.plan
        layer = step.layer
        operation = step.operation
        if operation.kind not in self.kinds or layer is None:
            return
        matrix, work = layer.matrix, step.work
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


def _lines_used(layer: LayerPlacement, chip: Architecture, transposed: bool) -> int:
    """Lines of a tile that hold weights of a layer and are converted."""
    shared_tile = layer.groups_per_tile * layer.copies_per_tile
    if transposed:
        return min(chip.tile.rows, min(chip.tile.rows, layer.rows) * shared_tile)
    columns = min(chip.tile.columns, layer.columns) * shared_tile + references_of(chip)
    return min(chip.tile.columns, columns)


def _converts_in_turn(run: Usage) -> bool:
    """Whether a converter of some layer has more than one line to convert."""
    for layer in run.built.placement.layers.values():
        chip = run.built.chip.of_kind(layer.kind)
        for transposed in (False, True):
            lines = chip.tile.rows if transposed else chip.tile.columns
            used = _lines_used(layer, chip, transposed)
            if conversions_in_turn(chip, lines, used) > 1:
                return True
    return False


def _timing(job: TileJob, groups: int) -> TileTiming:
    transposed = job.plan.operation.kind == "read_transposed"
    used = _lines_used(job.layer, job.chip, transposed)
    timing = read_timing(job.chip, used, transposed, groups)
    turns = job.turns("adc")
    if turns == 1:
        return timing
    # tile after tile on the converters of fewer
    latency, interval = timing.latency, timing.interval
    return TileTiming(
        latency + (turns - 1) * interval, turns * interval, timing.conversions_in_turn
    )


def _applications(job: TileJob) -> int:
    """How often the input is applied: once, or again for each column of a shared front end."""
    return job.plan.timing.conversions_in_turn if job.chip.read.front_end == "shared" else 1


def _count_inputs(job: TileJob, lines: DrivenLines) -> None:
    plan = job.plan
    read = job.chip.read
    activity = job.activity
    # lines that switch in a slot, and full slots that a cell conducts in a read
    serial = read.input == "bit_serial"
    # A line switches once a slot and bit that is one; a pulse width switches once a value, however
    # long it is.
    on = activity.input_density * (activity.bit_density if serial else 1.0)
    # A pulse of the mean width conducts for the mean magnitude of the slot.
    exposure = read.slots * on if serial else activity.input_density * activity.magnitude
    against = plan.operation.against
    other = job.placement.layers[against].matrix if against else None
    applications = _applications(job)

    def driving(role: str) -> float:
        # A reference array with drivers of its own is driven beside it; one that borrows them is on
        # the same lines.
        arrays = 2 if other and role not in other.borrowed else 1
        return lines.driven * arrays * read.slots * applications

    transposed = plan.operation.kind == "read_transposed"
    driver = "bit_line_driver" if transposed else "word_line_driver"
    add(plan.step, "dac", "convert", driving("dac"))
    add(plan.step, driver, "drive", driving(driver) * on)
    add(plan.step, "array", "read", lines.cells * exposure)


def _count_conversions(job: TileJob, lines: DrivenLines) -> None:
    plan = job.plan
    layer = job.layer
    chip = job.chip
    read, tiles = chip.read, lines.tiles
    transposed = plan.operation.kind == "read_transposed"
    references = references_of(chip)
    sides = chip.tile.rows if transposed else chip.tile.columns
    groups = lines.groups
    if read.all_groups:
        # The sequencer goes through all column groups, whether or not a weight lies there.
        converted = tiles * sides
        sampled = converted * groups.mean
    else:
        converted = (lines.sensed + references * tiles) * layer.copies_per_tile
        held = lines.sensed * groups.of_column + references * tiles * groups.mean
        sampled = held * layer.copies_per_tile
    digital = read.accumulate == "digital"
    # Analogue sums stay on the front end until one conversion takes them all.
    conversions = sampled * read.slots if digital else converted
    add(plan.job, "front_end", "sample", sampled * read.slots)
    add(plan.job, "column_mux", "select", conversions)
    add(plan.job, "adc", "convert", conversions)
    if digital and (read.slots > 1 or groups.most > 1):
        add(plan.job, "shift_add", "add", conversions)
    # The columns of a weight are combined after conversion. Backwards they are driven, each in its
    # sense, and end in one row.
    per_weight = 1 if transposed else chip.weights.columns_of(job.matrix.layer)
    offset = chip.weights.offset_coded
    # A subtraction less than there are columns, and one of the reference or the offset.
    combine = per_weight - 1 + (1 if references or offset else 0)
    combined = lines.sensed / per_weight * combine
    if offset:  # known inputs are added up to take the offset off: a column of ones, without cells
        inputs = chip.weights.columns_of(job.matrix.layer) if transposed else 1
        combined += lines.driven / inputs
    add(plan.step, "shift_add", "add", combined)
    applied = read.slots * _applications(job)
    for register, reads in (("input_register", applied), ("output_register", 1)):
        add(plan.job, register, "write", tiles)
        add(plan.job, register, "read", tiles * reads)
    plan.clocked_cycles = plan.timing.interval
    count_tile_cycles(plan.job, tiles * plan.clocked_cycles)


BLOCK = TileRead()
