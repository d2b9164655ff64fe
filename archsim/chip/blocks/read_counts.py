"""What a read of a tile takes and counts: lines, conversions, applications of an input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archsim.chip.blocks.driven_lines import DrivenLines, references_of
from archsim.chip.blocks.tile import TileJob, count_tile_cycles
from archsim.chip.plan.record import add
from archsim.chip.plan.tile_timing import TileTiming, conversions_in_turn, read_timing

if TYPE_CHECKING:
    from archsim.chip.config import Architecture  # see base.py
    from archsim.chip.placement import LayerPlacement
    from archsim.chip.usage import Usage


def lines_used(layer: LayerPlacement, chip: Architecture, transposed: bool) -> int:
    """Lines of a tile that hold weights of a layer and are converted."""
    shared_tile = layer.groups_per_tile * layer.copies_per_tile
    if transposed:
        return min(chip.tile.rows, min(chip.tile.rows, layer.rows) * shared_tile)
    columns = min(chip.tile.columns, layer.columns) * shared_tile + references_of(chip)
    return min(chip.tile.columns, columns)


def converts_in_turn(run: Usage) -> bool:
    """Whether a converter of some layer has more than one line to convert."""
    for layer in run.built.placement.layers.values():
        chip = run.built.chip.of_kind(layer.kind)
        for transposed in (False, True):
            lines = chip.tile.rows if transposed else chip.tile.columns
            used = lines_used(layer, chip, transposed)
            if conversions_in_turn(chip, lines, used) > 1:
                return True
    return False


def job_timing(job: TileJob, groups: int) -> TileTiming:
    transposed = job.plan.operation.kind == "read_transposed"
    used = lines_used(job.layer, job.chip, transposed)
    timing = read_timing(job.chip, used, transposed, groups)
    turns = job.turns("adc")
    if turns == 1:
        return timing
    # tile after tile on the converters of fewer
    latency = timing.latency
    interval = timing.interval
    return TileTiming(
        latency + (turns - 1) * interval, turns * interval, timing.conversions_in_turn
    )


def applications(job: TileJob) -> int:
    """How often the input is applied: once, or again for each column of a shared front end."""
    return job.plan.timing.conversions_in_turn if job.chip.read.front_end == "shared" else 1


def count_inputs(job: TileJob, lines: DrivenLines) -> None:
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
    times = applications(job)

    def driving(role: str) -> float:
        # A reference array with drivers of its own is driven beside it; one that borrows them is on
        # the same lines.
        arrays = 2 if other and role not in other.borrowed else 1
        return lines.driven * arrays * read.slots * times

    transposed = plan.operation.kind == "read_transposed"
    driver = "bit_line_driver" if transposed else "word_line_driver"
    add(plan.step, "dac", "convert", driving("dac"))
    add(plan.step, driver, "drive", driving(driver) * on)
    add(plan.step, "array", "read", lines.cells * exposure)


def count_conversions(job: TileJob, lines: DrivenLines) -> None:
    plan = job.plan
    layer = job.layer
    chip = job.chip
    read = chip.read
    tiles = lines.tiles
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
    applied = read.slots * applications(job)
    for register, reads in (("input_register", applied), ("output_register", 1)):
        add(plan.job, register, "write", tiles)
        add(plan.job, register, "read", tiles * reads)
    plan.clocked_cycles = plan.timing.interval
    count_tile_cycles(plan.job, tiles * plan.clocked_cycles)
