"""The arithmetic of one operation on the tiny chip, from docs/timing.md and the meaning of each
part; it asks the program nothing.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from statistics import NormalDist

from golden.chip import Chip, up

Counts = dict[str, float]
# of the inputs are not zero, of their bits are ones, and half of full scale is the mean: assumed
# until measured
HALF = 0.5
ITERATIVE = ("divide", "square_root")


@dataclass
class Work:
    """An operation: how long it takes by itself, what it counts, and whether it is done for every
    image.
    """

    layer: str
    phase: str
    cycles: int
    counts: Counts = field(default_factory=dict)
    every: int = 1


@dataclass(frozen=True)
class Matrix:
    """`groups` matrices of `rows` x `columns` weights as they lie on tiles."""

    chip: Chip
    rows: int  # a bias row included
    columns: int
    groups: int = 1

    @property
    def down(self) -> int:
        """Tiles below each other."""
        return up(self.rows, self.chip.rows)

    @property
    def beside(self) -> int:
        """Tiles side by side."""
        return up(self.columns, self.chip.across)

    @property
    def together(self) -> int:
        """Groups on the diagonal of one tile."""
        return max(
            1, min(self.groups, self.chip.rows // self.rows, self.chip.across // self.columns)
        )

    @property
    def tiles(self) -> int:
        return up(self.groups, self.together) * self.down * self.beside

    @property
    def cells(self) -> int:
        return self.rows * self.columns * self.groups * self.chip.cells


def matrix_of(chip: Chip, layer, times: int = 1) -> Matrix:
    """The weights of a layer, or an array with `times` as many weights a row."""
    return Matrix(
        chip, layer.rows + (layer.bias and chip.bias == "row"), layer.columns * times, layer.groups
    )


def exact(value: float) -> Fraction:
    """What a share such as 8/15 means: a number with a small denominator."""
    return Fraction(value).limit_denominator(10**7)


def each(work: Counts, steps: int) -> dict[str, Fraction]:
    """Of an image's (or a batch's) work, that of a step."""
    return {action: exact(count) / steps for action, count in work.items() if count}


def together(*tables: Counts, times: float = 1) -> Counts:
    """Sums by action; what is zero is left out."""
    total: Counter = Counter()
    for table in tables:
        for action, count in table.items():
            total[action] += count * times
    return {action: count for action, count in total.items() if count}


def named(role: str, work: Counts) -> Counts:
    return {f"{role}.{action}": count for action, count in work.items()}


def line_up(steps: int, *stations: int) -> int:
    """Equal jobs that pass stations one after the other, each with its own server: the first passes
    all, the slowest sets the pace.
    """
    return sum(stations) + (steps - 1) * max(stations)


def vector_cycles(chip: Chip, work: dict[str, Fraction]) -> int:
    """Of one step: an element a lane and cycle; a division or a root takes a lane as long as it
    says.
    """
    return math.ceil(
        sum(count * (chip.divide if action in ITERATIVE else 1) for action, count in work.items())
        / chip.lanes
    )


def conversions(chip: Chip, used: int, backward: bool) -> int:
    """Lines that one of a tile's converters takes one after the other."""
    lines = chip.rows if backward else chip.columns
    return max(
        1,
        up(lines if chip.all_groups else min(lines, used), up(chip.columns, chip.columns_per_adc)),
    )


def tile_times(chip: Chip, turns: int) -> tuple[int, int]:
    """(until a result is there, until the tile takes the next vector): the table of docs/timing.md."""
    shared, digital = chip.front_end == "shared", chip.accumulate == "digital"
    sampling = chip.slot * (1 if digital else chip.slots)
    conversion = chip.conversion * (1 if shared else turns)
    rounds = (turns if shared else 1) * (chip.slots if digital else 1)
    if chip.overlap:
        return rounds * max(sampling, conversion) + min(sampling, conversion), rounds * max(
            sampling, conversion
        )
    return rounds * (sampling + conversion), rounds * (sampling + conversion)


def traffic(
    chip: Chip, values_in, values_out, words_in=0, words_out=0
) -> tuple[Fraction, Fraction]:
    """Bits of a step out of the buffer and into it: feature maps in the bits of inputs and outputs,
    training state in words.
    """
    return (
        exact(values_in) * chip.input_bits + exact(words_in) * chip.word,
        exact(values_out) * chip.output_bits + exact(words_out) * chip.word,
    )


def ports(chip: Chip, bits_in, bits_out) -> Counts:
    return {"buffer.read": bits_in / chip.port, "buffer.write": bits_out / chip.port}


def read(
    chip: Chip,
    layer,
    matrix: Matrix,
    steps: int,
    values_in,
    values_out,
    work: Counts,
    *,
    backward=False,
    phase="forward",
    dense: float = HALF,
    bits: float = HALF,
    size: float = HALF,
    waits=False,
    line=False,
    partner="",
    lenders=0,
    served=1,
    words_in=0.0,
    words_out=0.0,
) -> Work:
    """`steps` vectors applied to a matrix, the results through the vector unit into the buffer.

    `line`: only one row is driven, so that of the tiles below each other one works. `partner`
    "reference": an array with cells and line drivers of its own, and nothing else, is driven with
    it. `lenders`: tiles that lend converters and run meanwhile; each serves `served` tiles in turn.
    `work` is that of all steps.
    """
    digital, shared = chip.accumulate == "digital", chip.front_end == "shared"
    summed = (
        digital and chip.slots > 1
    )  # codes of all slots, each shifted by a slot's bits against the next: with a carry, and a sign
    down, rows = (1, 1) if line else (matrix.down, matrix.rows)
    tiles = matrix.tiles * down // matrix.down
    copies_of_input, sums = (down, matrix.beside) if backward else (matrix.beside, down)
    lines_in = matrix.columns * chip.cells if backward else rows
    lines_out = matrix.rows if backward else matrix.columns * chip.cells
    used = (
        min(chip.rows, matrix.rows) if backward else min(chip.columns, matrix.columns * chip.cells)
    )
    turns = conversions(
        chip, used * matrix.together + (0 if backward else chip.references), backward
    )
    latency, interval = tile_times(chip, turns)
    latency, interval = latency + (served - 1) * interval, interval * served
    applied = chip.slots * (
        turns if shared else 1
    )  # a shared amplifier looks at one column of a converter at a time
    on = dense * (1 if chip.input == "pulse_width" else bits)
    conducting = chip.slots * on if chip.input == "bit_serial" else dense * size
    sensed = lines_out * matrix.groups * sums
    converted = (
        tiles * (chip.rows if backward else chip.columns)
        if chip.all_groups
        else sensed + chip.references * tiles
    )
    conversions_done = converted * (chip.slots if digital else 1)
    driven = lines_in * matrix.groups * copies_of_input
    outputs = (
        layer.rows if backward else matrix.columns
    ) * matrix.groups  # nobody asks for the error of a bias line
    cells = rows * matrix.groups * (matrix.columns * chip.cells + chip.references * matrix.beside)
    pairs = 2 if partner else 1
    # the columns of a weight, and its reference; backwards both of a pair are driven, in opposite
    # senses, and end in one line
    combined = (
        sensed * chip.references
        if backward
        else sensed / chip.cells * (chip.cells - 1 + chip.references)
    )
    counts = {
        "dac.convert": driven * applied,
        f"{'bit' if backward else 'word'}_line_driver.drive": driven * pairs * applied * on,
        "array.read": cells * pairs * conducting,
        "front_end.sample": converted * chip.slots,
        "column_mux.select": conversions_done,
        "adc.convert": conversions_done,
        "shift_add.add": combined + (conversions_done if summed else 0),
        "input_register.write": tiles,
        "input_register.read": tiles * applied,
        "output_register.write": tiles,
        "output_register.read": tiles,
        "tile_control.cycle": (tiles + lenders) * interval,
        "tile_clock.cycle": (tiles + lenders) * interval,
    }
    code = chip.adc_bits + 1 + (chip.bits_per_slot * (chip.slots - 1) + 1 if summed else 0)
    result = outputs * sums * code
    step = together(each(work, steps), {"add": outputs * (sums - 1), "multiply": outputs})
    if layer.bias and chip.bias == "digital" and not backward and phase == "forward":
        step = together(step, {"add": outputs})
    bits_in, bits_out = traffic(chip, values_in, values_out, words_in, words_out)
    state = exact(words_in) * chip.word  # goes to the vector unit, not to the tiles
    carried = (bits_in - state) * (copies_of_input if chip.tree == "h_tree" else 1)
    counts |= (
        named("vector_unit", step)
        | ports(chip, bits_in, bits_out)
        | {"interconnect.transfer": carried + result}
    )
    feed = max(math.ceil(bits_in / chip.port), math.ceil((bits_in - state) / chip.wire))
    drain = max(
        math.ceil(result / chip.wire), vector_cycles(chip, step), math.ceil(bits_out / chip.port)
    )
    alone = feed + latency + drain + chip.hop
    cycles = (
        steps * alone
        if waits
        else line_up(steps, feed, interval, drain) + latency - interval + chip.hop
    )
    return Work(layer.name, phase, cycles, together(counts, times=steps))


def pulses(
    chip: Chip,
    layer,
    matrix: Matrix,
    steps: int,
    values_in,
    work: Counts,
    *,
    phase="update",
    slots=0,
    row=0.25,
    column=0.02,
    meet=0.05,
    phases=0,
    drawn=True,
    line=False,
    lenders=0,
    words_in=0.0,
    further: Counts | None = None,
) -> Work:
    """`steps` outer products of pulse trains: shares `row` and `column` of the slots hold a pulse,
    `meet` pulses come together at a device.

    One group of columns belongs to one weight: its pair is pulsed by one line of a sign, so that a
    weight is one line across.
    """
    slots = slots or chip.train
    rows, down = (1, 1) if line else (matrix.rows, matrix.down)
    tiles = matrix.tiles * down // matrix.down
    cycles_each = math.ceil((phases or chip.polarity) * slots * chip.update_pulse)
    lines_down = rows * matrix.groups * matrix.beside
    lines_across = matrix.columns * chip.replicas * matrix.groups * down
    counts = {
        "bitstream_generator.bit": (lines_down + lines_across) * slots if drawn else 0,
        "word_line_driver.drive": lines_down * slots * row,
        "bit_line_driver.drive": lines_across * slots * column,
        "array.update": rows * matrix.columns * matrix.groups * chip.replicas * meet,
        "tile_control.cycle": (tiles + lenders) * cycles_each,
        "tile_clock.cycle": (tiles + lenders) * cycles_each,
    }
    step = each(work, steps)
    bits_in, _ = traffic(chip, values_in[0] + values_in[1], 0, words_in)
    # inputs go to every tile of their row, errors to every tile of their column
    down_tree = exact(values_in[0] * matrix.beside + values_in[1] * down) * chip.input_bits
    on_wire = exact(values_in[0] + values_in[1]) * chip.input_bits
    counts |= named("vector_unit", step) | ports(chip, bits_in, Fraction(0)) | (further or {})
    counts["interconnect.transfer"] = down_tree if chip.tree == "h_tree" else on_wire
    draw = (
        up((lines_down + lines_across) * slots, chip.generators) if chip.generators and drawn else 0
    )
    feed = max(math.ceil(bits_in / chip.port), math.ceil(on_wire / chip.wire), draw)
    cycles = line_up(steps, feed, cycles_each, vector_cycles(chip, step)) + chip.hop
    return Work(layer.name, phase, cycles, together(counts, times=steps))


def last_device(devices: float, share: float, mean: float, verified: bool) -> float:
    """Pulses of the slowest of `devices` side by side, each pulsed with probability `share`.

    Verified, each pulse succeeds with chance 1 / mean: a device is not done after k with share x (1
    - 1 / mean)^k, and the mean of the largest count is the sum over k of the chance that one is
      not. Blind, all that are pulsed get the same number.
    """
    if not verified or mean <= 1:
        return (1 - (1 - share) ** devices) * mean
    return sum(1 - (1 - share * (1 - 1 / mean) ** k) ** devices for k in range(400))


def last_row(rows: float, devices: int, share: float, mean: float, verified: bool) -> float:
    """Pulses of the slowest of `rows` rows of `devices` that take turns: nearly normal sums, of
    which the largest lies Blom's quantile (rows - 3/8) / (rows + 1/4) above their mean. A geometric
    count of mean m has the square m (2 m - 1).
    """
    square = mean * (2 * mean - 1) if verified and mean > 1 else mean * mean
    above = NormalDist().inv_cdf((rows - 0.375) / (rows + 0.25)) if rows > 1 else 0.0
    return devices * share * mean + above * math.sqrt(
        devices * (share * square - (share * mean) ** 2)
    )


def write(
    chip: Chip,
    layer,
    matrix: Matrix,
    rows: int,
    values: float,
    *,
    phase="update",
    share: float = 1.0,
    number: float = 0,
    verify: float = 1.0,
    lenders=0,
    own=True,
) -> Work:
    """Row after row of the weights, `share` of whose devices get `number` pulses in the mean, each
    followed by `verify` reads.

    `values` a row come from the buffer, each to one tile. Tiles work side by side and end together,
    with the slowest device; those below each other hold different rows, groups on one diagonal take
    turns. A row of biases is spread over the rows. A whole number of cycles is spent on a row, its
    fraction owed to the next.
    """
    number, verified = number or chip.write_pulses, verify > 0
    spread = matrix.rows / rows
    devices = share * matrix.columns * chip.cells * matrix.groups * spread
    side_by_side = matrix.groups * matrix.down / matrix.together
    if chip.write_parallel == "device":
        slowest = last_row(
            side_by_side * matrix.beside,
            min(matrix.columns * chip.cells, chip.columns),
            share,
            number,
            verified,
        )
    else:
        slowest = last_device(matrix.columns * chip.cells * side_by_side, share, number, verified)
    row = (
        slowest * (chip.write_pulse + verify * chip.verify) * spread * matrix.together / matrix.down
    )
    lines = matrix.groups * matrix.beside * spread
    done = devices * number
    running = (matrix.tiles if own else 0) + lenders
    counts = {
        "array.write": done,
        "write_driver.pulse": done,
        "level_shifter.shift": done,
        "bit_line_driver.drive": done,
        # a row's line opens for the pulse and for each of its reads
        "word_line_driver.drive": min(devices, lines) * number * (1 + verify),
        "array.read": done * verify,
        "front_end.sample": done * verify,
        "column_mux.select": done * verify,
        "adc.convert": done * verify,
        "tile_control.cycle": row * running,
        "tile_clock.cycle": row * running,
    }
    bits, _ = traffic(chip, values, 0)
    counts |= ports(chip, bits, Fraction(0)) | {"interconnect.transfer": bits}
    feed = max(math.ceil(bits / chip.port), math.ceil(bits / chip.wire))
    owed, end = 0.0, 0
    for index in range(rows):
        owed += row
        end = max(end, (index + 1) * feed) + int(owed + 1e-9)
        owed -= int(owed + 1e-9)
    return Work(layer.name, phase, end, together(counts, times=rows))


def digital(
    chip: Chip,
    layer,
    steps: int,
    values_in,
    values_out,
    work: Counts,
    *,
    phase="update",
    words_in=0.0,
    words_out=0.0,
    units: Counts | None = None,
    unit_cycles=0,
    vectors=0,
) -> Work:
    """Work off the tiles in `steps` equal steps; `work`, `units` and all values and words are those
    of all steps.

    `units` are parts of the rule's own, which take `unit_cycles` a step beside the transport.
    `vectors` wait for each other, if named.
    """
    bits_in, bits_out = (
        bits / steps for bits in traffic(chip, values_in, values_out, words_in, words_out)
    )
    step = each(work, steps)
    feed = max(math.ceil(bits_in / chip.port), unit_cycles)
    drain = max(vector_cycles(chip, step), math.ceil(bits_out / chip.port))
    cycles = (
        vectors * line_up(steps // vectors, feed, drain) if vectors else line_up(steps, feed, drain)
    )
    counts = together(named("vector_unit", step), ports(chip, bits_in, bits_out), times=steps)
    return Work(layer.name, phase, cycles, together(counts, units or {}))
