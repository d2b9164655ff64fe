"""What an operation does to each component: actions a tile job and a step, and the cycles they
take.

The simulator multiplies these with the jobs and steps that really happened; no joules appear here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from archsim.chip.config import Architecture
from archsim.chip.place import LayerPlacement, Placement
from archsim.chip.plan.memory_map import MemoryMap
from archsim.chip.plan.slowest import slowest_pulses, slowest_repeats, slowest_row
from archsim.chip.plan.tile_timing import (
    TileTiming,
    pulse_update_cycles,
    read_timing,
    write_row_cycles,
)
from archsim.trace.operation import OFF_TILES, Activity, Operation

Counts = dict[tuple[str, str], float]


@dataclass(slots=True)
class OperationPlan:
    """An operation on this chip: counts and integer cycles.

    A *job* is what one unit does at a time: `per_job` steps. `job` and `step` count actions of a
    job and of a step that are repeated by a retry; `once` counts actions of a step that are not.
    `write_cycles` is the expected duration of a write step, which ends with its slowest device (a
    fraction is carried over to the next step); `retries` the expected repeats of a job, as many as
    the most of its vectors needs. `held`: further matrices whose tiles work with it (lenders of
    periphery, a reference array), and how many of their tiles.
    """

    operation: Operation
    units: int = 1
    per_job: int = 1
    tile_operations: int = 0
    timing: TileTiming = TileTiming(0, 0, 0)
    write_cycles: float = 0.0
    retries: float = 0.0
    job: Counts = field(default_factory=dict)
    step: Counts = field(default_factory=dict)
    once: Counts = field(default_factory=dict)
    port_in: int = 0
    bus_in: int = 0
    bus_out: int = 0
    port_out: int = 0
    vector_cycles: int = 0
    generator_cycles: int = 0
    off_chip_cycles: int = 0
    share: float = 1.0
    held: dict[str, int] = field(default_factory=dict)

    @property
    def jobs(self) -> int:
        return -(-self.operation.steps // self.per_job)

    @property
    def on_tiles(self) -> bool:
        return self.operation.kind not in OFF_TILES

    @property
    def applies_vectors(self) -> bool:
        """True where a job is a tile operation: a vector, or a pair of vectors, applied to the
        tiles.
        """
        return self.operation.kind in ("read", "read_transposed", "pulse_update")


def add(counts: Counts, component: str, action: str, count: float) -> None:
    """Count, leaving zeros out."""
    if count:
        counts[component, action] = counts.get((component, action), 0.0) + count


def plan(
    operation: Operation,
    placement: Placement | None,
    chip: Architecture,
    memory: MemoryMap,
    share: float = 1.0,
) -> OperationPlan:
    """The plan of an operation; `share` is the part of the layer's tiles that is loaded (1 unless
    weights reload).

    Without a placement only operations off the tiles can be planned."""
    result = OperationPlan(operation, share=share)
    layer = placement.layers.get(operation.place) if placement else None
    if operation.kind == "read" or operation.kind == "read_transposed":
        _read(result, layer, chip, placement)
    elif operation.kind == "pulse_update":
        _pulse_update(result, layer, chip)
    elif operation.kind == "write":
        _write(result, layer, chip, placement)
    if result.on_tiles:
        _hold(result, placement)
    if operation.unit_work:
        _units(result, chip)
    _digital(result, layer, chip, memory)
    return result


def _units(result: OperationPlan, chip: Architecture) -> None:
    """Units of the update rule's own: their work, part of it in proportion to the activity, and the
    time they take.
    """
    operation = result.operation
    for name, work in operation.unit_work.items():
        component, action = name.split(".")
        factors = (1.0 if field == "step" else getattr(operation.activity, field) for field in work)
        add(
            result.once,
            component,
            action,
            sum(count * factor for count, factor in zip(work.values(), factors)),
        )
    result.generator_cycles = math.ceil(
        operation.unit_cycles + operation.unit_ns * chip.clock_mhz * 1e-3 - 1e-9
    )


def _hold(result: OperationPlan, placement: Placement) -> None:
    """The tiles that lend their periphery for this operation, and those of its reference array;
    sequencers and clocks of all run.
    """
    operation = result.operation
    places = [place for place in (operation.place, operation.against) if place]
    used = {component for component, _ in (*result.job, *result.step)}
    served = {placement.server(place, role) for place in places for role in used | {"tile_clock"}}
    taken = set(placement.layers[operation.place].tiles)
    for name in sorted((served | set(places)) - {operation.place}):
        own = set(placement.layers[name].tiles) - taken
        taken |= own
        result.held[name] = min(result.tile_operations, len(own))
    tiles = {operation.place: result.tile_operations} | result.held
    for role in ("tile_control", "tile_clock"):
        running = sum(
            count
            for name, count in tiles.items()
            if role not in placement.layers[name].matrix.borrowed
        )
        for counts in (result.job, result.step):
            add(
                counts,
                role,
                "cycle",
                counts.pop((role, "cycle"), 0.0) * running / result.tile_operations,
            )


def _turns(result: OperationPlan, layer: LayerPlacement, placement: Placement, role: str) -> int:
    """How often the lender of the role must serve one step: its tiles take turns where it has
    fewer.
    """
    lender = placement.layers[placement.server(layer.matrix.layer, role)]
    each = lender.tiles_per_unit * (lender.units if result.operation.kind == "write" else 1)
    return -(-result.tile_operations // each) if lender is not layer else 1


def _tile_cycles(counts: Counts, cycles: float) -> None:
    add(counts, "tile_control", "cycle", cycles)
    add(counts, "tile_clock", "cycle", cycles)


def _read(
    result: OperationPlan, layer: LayerPlacement, chip: Architecture, placement: Placement
) -> None:
    operation = result.operation
    read = chip.read
    share = result.share
    transposed = operation.kind == "read_transposed"
    matrix, activity = layer.matrix, operation.activity
    # A step that needs the result of the last cannot share its time with it, so copies on one tile
    # wait in turn.
    result.units, result.per_job = layer.units, 1 if operation.sequential else layer.copies_per_tile
    result.retries = slowest_repeats(result.per_job, operation.activity.retries)
    tiles = layer.tiles_per_unit * share
    lines = chip.tile.rows if transposed else chip.tile.columns
    if transposed:
        driven = layer.columns * matrix.groups * layer.row_splits
        sensed = layer.rows * matrix.groups * layer.column_splits
        most = min(chip.tile.rows, layer.rows)
    else:
        driven = layer.rows * matrix.groups * layer.column_splits
        sensed = layer.columns * matrix.groups * layer.row_splits
        most = min(chip.tile.columns, layer.columns)
    lines_used, splits = (
        (layer.columns, layer.column_splits) if transposed else (layer.rows, layer.row_splits)
    )
    taken, reached = _part(operation, lines_used, splits)
    driven = driven * share * taken
    sensed = sensed * share * reached
    tiles = tiles * reached
    result.tile_operations = max(1, math.ceil(tiles))
    other = placement.layers[operation.against].matrix if operation.against else None
    arrays = (
        2 if other else 1
    )  # a reference array is driven and read with it, its current subtracted
    shared_tile = layer.groups_per_tile * layer.copies_per_tile
    references = chip.weights.reference_columns if chip.weights.mapping == "reference_column" else 0
    result.timing = read_timing(
        chip, min(lines, most * shared_tile + (0 if transposed else references)), transposed
    )
    turns = _turns(result, layer, placement, "adc")
    if turns > 1:  # tile after tile on the converters of fewer
        latency, interval = result.timing.latency, result.timing.interval
        result.timing = TileTiming(
            latency + (turns - 1) * interval, turns * interval, result.timing.conversions_in_turn
        )
    converted = (
        tiles * lines if read.all_groups else (sensed + references * tiles) * layer.copies_per_tile
    )
    slots = read.slots
    applications = result.timing.conversions_in_turn if read.front_end == "shared" else 1
    # lines that switch in a slot, and full slots that a cell conducts in a read
    serial = read.input == "bit_serial"
    on = activity.input_density * (activity.bit_density if serial else 1.0)
    exposure = slots * on if serial else activity.input_density * activity.magnitude
    cells = (
        layer.rows
        * matrix.groups
        * share
        * taken
        * arrays
        * (layer.columns + references * layer.column_splits)
    )
    driver = "bit_line_driver" if transposed else "word_line_driver"

    def driving(role: str) -> float:
        return driven * (2 if other and role not in other.borrowed else 1) * slots * applications

    add(result.step, "dac", "convert", driving("dac"))
    add(result.step, driver, "drive", driving(driver) * on)
    add(result.step, "array", "read", cells * exposure)
    conversions = converted * (slots if read.accumulate == "digital" else 1)
    add(result.job, "front_end", "sample", converted * slots)
    add(result.job, "column_mux", "select", conversions)
    add(result.job, "adc", "convert", conversions)
    if read.accumulate == "digital" and slots > 1:
        add(result.job, "shift_add", "add", conversions)
    # The columns of a weight are combined after conversion. Backwards they are driven, each in its
    # sense, and end in one row.
    per_weight = 1 if transposed else chip.weights.columns_of(matrix.layer)
    combine = per_weight - 1 + (1 if references else 0)
    add(result.step, "shift_add", "add", sensed / per_weight * combine)
    for register, reads in (("input_register", slots * applications), ("output_register", 1)):
        add(result.job, register, "write", tiles)
        add(result.job, register, "read", tiles * reads)
    _tile_cycles(result.job, tiles * result.timing.interval)


def _part(operation: Operation, lines: int, splits: int) -> tuple[float, float]:
    """Of an operation with few driven lines: its share of all lines, and of the tiles along their
    split.
    """
    if not operation.lines:
        return 1.0, 1.0
    return min(1.0, operation.lines / lines), min(1.0, operation.lines / splits)


def _pulse_update(result: OperationPlan, layer: LayerPlacement, chip: Architecture) -> None:
    matrix, activity = layer.matrix, result.operation.activity
    length = activity.train_length or chip.update.train_length
    copies = layer.copies  # every copy of a layer receives every update
    cycles = pulse_update_cycles(chip, length, result.operation.polarity_phases)
    result.timing = TileTiming(cycles, cycles, 0)
    taken, reached = _part(result.operation, layer.rows, layer.row_splits)
    tiles = layer.tiles_per_unit * layer.units * result.share * reached
    result.tile_operations = max(1, math.ceil(tiles))
    rows = layer.rows * matrix.groups * layer.column_splits * copies * result.share * taken
    replicas = chip.weights.replicas_of(matrix.layer)
    columns = (
        matrix.columns
        * replicas
        * matrix.groups
        * layer.row_splits
        * copies
        * result.share
        * reached
    )
    if result.operation.random:
        add(result.step, "bitstream_generator", "bit", (rows + columns) * length)
    if chip.bitstream.sharing == "chip" and result.operation.random:
        result.generator_cycles = math.ceil(
            (rows + columns) * length / chip.bitstream.bits_per_cycle - 1e-9
        )
    add(result.step, "word_line_driver", "drive", rows * length * activity.row_pulses)
    add(result.step, "bit_line_driver", "drive", columns * length * activity.column_pulses)
    weights = layer.rows * matrix.columns * matrix.groups * copies * replicas * result.share * taken
    add(result.step, "array", "update", weights * activity.coincidences)
    _tile_cycles(result.step, tiles * cycles)


def _write(
    result: OperationPlan, layer: LayerPlacement, chip: Architecture, placement: Placement
) -> None:
    matrix, activity = layer.matrix, result.operation.activity
    pulses = activity.write_pulses or chip.write.pulses
    # A step is one row of the layer's matrix; a bias row of the array is spread over them.
    spread = layer.rows / matrix.rows
    devices = (
        activity.devices_written
        * layer.columns
        * matrix.groups
        * layer.copies
        * result.share
        * spread
    )
    lines = matrix.groups * layer.column_splits * layer.copies * result.share * spread
    # Tiles program side by side; rows of copies and groups that share a tile follow one another.
    in_turn = layer.groups_per_tile * layer.copies_per_tile / layer.row_splits
    tiles = layer.tiles_per_unit * layer.units * result.share
    result.tile_operations = max(1, math.ceil(tiles))
    verifies = activity.verify_reads * _turns(result, layer, placement, "adc")
    result.write_cycles = (
        write_row_cycles(chip, 1, _slowest_row(layer, chip, activity, pulses), verifies)
        * in_turn
        * spread
    )
    add(result.step, "array", "write", devices * pulses)
    add(result.step, "write_driver", "pulse", devices * pulses)
    add(result.step, "level_shifter", "shift", devices * pulses)
    # the line of a row opens for a pulse, and for every read after it
    add(
        result.step,
        "word_line_driver",
        "drive",
        min(devices, lines) * pulses * (1 + activity.verify_reads),
    )
    add(result.step, "bit_line_driver", "drive", devices * pulses)
    for component, action in (
        ("array", "read"),
        ("front_end", "sample"),
        ("column_mux", "select"),
        ("adc", "convert"),
    ):
        add(result.step, component, action, devices * pulses * activity.verify_reads)
    _tile_cycles(result.step, result.write_cycles * tiles)


def _slowest_row(
    layer: LayerPlacement, chip: Architecture, activity: Activity, pulses: float
) -> float:
    """Pulses of the slowest of the rows that are programmed at once, one on each tile: all of a
    row's devices together or in turn.
    """
    share = activity.devices_written
    verified = activity.verify_reads > 0
    matrix = layer.matrix
    at_once = (
        matrix.groups
        * layer.copies
        * layer.row_splits
        / (layer.groups_per_tile * layer.copies_per_tile)
    )
    if chip.write.parallel == "row":
        return slowest_pulses(layer.columns * at_once, share, pulses, verified)
    # the devices of a layer's row, and with them the work, are spread over its column splits
    return slowest_row(
        at_once * layer.column_splits,
        min(layer.columns, chip.tile.columns),
        share,
        pulses,
        verified,
    )


def _branches(operation: Operation, layer: LayerPlacement, elements: float) -> float:
    """Values that a tree carries to its leaves for one step: a value of the rows goes to every tile
    beside the first, one of the columns to every tile below it; what is written goes to the one
    tile that holds it.
    """
    _, reached = _part(operation, layer.row_splits, layer.row_splits)
    if operation.kind == "read":
        return elements * layer.column_splits
    if operation.kind == "read_transposed":
        return elements * layer.row_splits
    if operation.kind == "pulse_update":
        # an address chooses the line where only one is pulsed
        across = (
            elements
            if operation.lines
            else min(elements, layer.matrix.columns * layer.matrix.groups)
        )
        return across * layer.row_splits * reached + (elements - across) * layer.column_splits
    return elements


def _digital(
    result: OperationPlan, layer: LayerPlacement | None, chip: Architecture, memory: MemoryMap
) -> None:
    operation = result.operation
    read = chip.read
    unit = chip.vector_unit
    work = dict(operation.vector_work)
    elements = (
        operation.fresh_elements
        if chip.buffer.window_reuse and operation.fresh_elements
        else operation.input_elements
    )
    bits_in = elements * read.input_bits
    bits_out = operation.output_elements * read.output_bits
    bus_in = bus_out = 0.0
    if result.on_tiles:
        bus_in = (
            bits_in
            if chip.interconnect.kind == "bus"
            else _branches(operation, layer, elements) * read.input_bits
        )
    if operation.kind in ("read", "read_transposed"):
        transposed = operation.kind == "read_transposed"
        outputs = (layer.matrix.rows if transposed else layer.matrix.columns) * layer.matrix.groups
        along = layer.column_splits if transposed else layer.row_splits
        splits = along * result.share * _part(operation, along, along)[1]
        bus_out = outputs * splits * (read.sum_bits + 1)
        work["add"] = work.get("add", 0) + outputs * max(0.0, splits - 1)
        work["multiply"] = work.get("multiply", 0) + outputs * min(
            1.0, splits
        )  # converter code to number
        if layer.matrix.bias and chip.weights.bias == "digital" and operation.phase == "forward":
            work["add"] += outputs
    state_in = operation.state_reads * unit.word_bits
    state_out = operation.state_writes * unit.word_bits
    spill = memory.spill(operation, chip)
    state_spill = memory.state_spill
    off_in = bits_in * spill + state_in * state_spill
    off_out = bits_out * spill + state_out * state_spill
    # What is off chip passes the buffer on its way, maps and state alike: a larger buffer takes
    # traffic from the channel alone.
    words_in = (bits_in + state_in) / chip.buffer.width_bits
    words_out = (bits_out + state_out) / chip.buffer.width_bits
    result.port_in, result.port_out = math.ceil(words_in - 1e-9), math.ceil(words_out - 1e-9)
    add(result.once, "buffer", "read", words_in)
    add(result.once, "buffer", "write", words_out)
    add(result.once, "interconnect", "transfer", bus_in + bus_out)
    add(result.once, "off_chip_memory", "read", off_in)
    add(result.once, "off_chip_memory", "write", off_out)
    # The medium carries a multicast once; what it costs in wire energy is counted above.
    result.bus_in = math.ceil((bits_in if result.on_tiles else 0.0) / chip.interconnect.width_bits)
    result.bus_out = math.ceil(bus_out / chip.interconnect.width_bits)
    result.off_chip_cycles = math.ceil((off_in + off_out) / chip.off_chip.bits_per_cycle)
    load = 0.0
    for action, count in work.items():
        add(result.once, "vector_unit", action, count)
        load += count * (unit.divide_cycles if action in ("divide", "square_root") else 1)
    result.vector_cycles = math.ceil(load / unit.lanes - 1e-9)
