"""What a tile does when it is written, by hand: trains of pulses, and devices one after the other."""

from __future__ import annotations

import math
from fractions import Fraction
from statistics import NormalDist

from golden.chip import Chip, up
from golden.hand import (
    Counts,
    Matrix,
    Work,
    each,
    exact,
    line_up,
    named,
    ports,
    together,
    traffic,
    vector_cycles,
)


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
    drawn_bits = (lines_down + lines_across) * slots if drawn else 0
    counts = {
        "bitstream_generator.bit": drawn_bits,
        "bitstream_generator_clock.cycle": drawn_bits,
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
    each_lane = vector_cycles(chip, step)
    cycles = line_up(steps, feed, cycles_each, each_lane) + chip.hop
    return Work(layer.name, phase, cycles, together(counts, times=steps), lanes=steps * each_lane)


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
    number = number or chip.write_pulses
    verified = verify > 0
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
    owed = 0.0
    end = 0
    for index in range(rows):
        owed += row
        end = max(end, (index + 1) * feed) + int(owed + 1e-9)
        owed -= int(owed + 1e-9)
    return Work(layer.name, phase, end, together(counts, times=rows))
