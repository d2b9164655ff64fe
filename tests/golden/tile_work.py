"""What a tile does when it is read, by hand: how long it takes and what it counts."""

from __future__ import annotations

import math

from golden.chip import Chip
from golden.hand import (
    HALF,
    Counts,
    Matrix,
    Work,
    conversions,
    each,
    exact,
    line_up,
    named,
    ports,
    tile_times,
    together,
    traffic,
    vector_cycles,
)


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
    beside_in=0.0,
    beside_out=0.0,
) -> Work:
    """`steps` vectors applied to a matrix, the results through the vector unit into the buffer.

    `line`: only one row is driven, so that of the tiles below each other one works. `partner`
    "reference": an array with cells and line drivers of its own, and nothing else, is driven with
    it. `beside_in`, `beside_out`: bits of a vector that the vector unit takes and leaves in the buffer,
    masks and sums that are added to. `lenders`: tiles that lend converters and run meanwhile; each
    serves `served` tiles in turn. `work` is that of all steps.
    """
    digital = chip.accumulate == "digital"
    shared = chip.front_end == "shared"
    # codes of all slots, each shifted by a slot's bits against the next: with a carry, and a sign
    summed = digital and chip.slots > 1
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
    latency = latency + (served - 1) * interval
    interval = interval * served
    # a shared amplifier looks at one column of a converter at a time
    applied = chip.slots * (turns if shared else 1)
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
    # nobody asks for the error of a bias line
    outputs = (layer.rows if backward else matrix.columns) * matrix.groups
    cells = rows * matrix.groups * (matrix.columns * chip.cells + chip.references * matrix.beside)
    pairs = 2 if partner else 1
    # the columns of a weight, and its reference or offset; backwards both of a pair are driven, in
    # opposite senses, and end in one line
    taken_off = chip.references + chip.offset
    combined = (
        sensed * taken_off if backward else sensed / chip.cells * (chip.cells - 1 + taken_off)
    )
    if chip.offset:  # the inputs of each tile, added up
        combined += driven / chip.cells if backward else driven
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
        # registers are clocked as they are written
        "input_register_clock.cycle": tiles,
        "output_register_clock.cycle": tiles,
        "tile_control.cycle": (tiles + lenders) * interval,
        "tile_clock.cycle": (tiles + lenders) * interval,
    }
    code = chip.adc_bits + 1 + (chip.bits_per_slot * (chip.slots - 1) + 1 if summed else 0)
    result = outputs * sums * code
    step = together(each(work, steps), {"add": outputs * (sums - 1), "multiply": outputs})
    if layer.bias and chip.bias == "digital" and not backward and phase == "forward":
        step = together(step, {"add": outputs})
    bits_in, bits_out = traffic(chip, values_in, values_out, words_in, words_out)
    bits_in, bits_out = bits_in + exact(beside_in), bits_out + exact(beside_out)
    # goes to the vector unit, not to the tiles
    state = exact(words_in) * chip.word + exact(beside_in)
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
    lanes = steps * vector_cycles(chip, step)
    return Work(layer.name, phase, cycles, together(counts, times=steps), lanes=lanes)
