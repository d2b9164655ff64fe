"""Rows that a tile reads at a time: how many groups one read takes, and what a converter then meets.

Resistive macros open 1 to 128 of their rows at once, so that the current of a column stays within
what a converter tells apart. The groups of a tile follow one another. `read.accumulate` says what
becomes of their sums: digital, each is converted and added behind the converter; analog, they stay
on the front end, and one conversion takes all.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from archsim.chip.config import Architecture  # made of blocks that use the laws here
    from archsim.chip.placement import LayerPlacement


class RowGroups(NamedTuple):
    """Groups of lines that one read of a tile drives in turn: on the tile that needs most of them,
    on the mean tile of a layer, and those that one column meets in the mean.
    """

    most: int
    mean: float
    of_column: float


ONE_GROUP = RowGroups(1, 1.0, 1.0)


class DrivenTile(NamedTuple):
    """Lines that a tile of a layer drives: `blocks` on its diagonal, of so many lines each."""

    lines: int
    blocks: int = 1


class LinesTogether(NamedTuple):
    """Inputs and outputs of a layer that are driven at a time; 0: all of a tile's."""

    inputs: int
    outputs: int


def lines_together(chip: Architecture, tile_lines: int) -> int:
    """Lines of a tile that are driven at a time, of `tile_lines`."""
    rows = chip.read.rows_active
    return tile_lines if rows == "all" else min(rows, tile_lines)


def weights_together(chip: Architecture, matrix: str) -> int:
    """Weights of a row of tiles that a backward read drives at a time: all columns of a weight, each
    in its sense.
    """
    return max(1, lines_together(chip, chip.tile.columns) // chip.weights.columns_of(matrix))


def driven_apart(chip: Architecture, placed: LayerPlacement) -> LinesTogether:
    """Inputs and outputs of a layer's tiles that are driven at a time, where that is not all."""
    inputs = lines_together(chip, chip.tile.rows)
    outputs = weights_together(chip, placed.matrix.layer)
    return LinesTogether(
        inputs if min(placed.rows, placed.tile_rows) > inputs else 0,
        outputs if min(placed.matrix.columns, placed.tile_weights) > outputs else 0,
    )


def groups_of(tile: DrivenTile, together: int) -> int:
    """Groups of at most `together` lines in which a tile is read.

    A group begins with a block and never takes a part of two: blocks have columns of their own.
    """
    # Blocks on the diagonal of a tile have no column in common: two of them in one group add
    # nothing up, so as many as fit go together.
    if tile.lines > together:
        return tile.blocks * -(-tile.lines // together)
    return -(-tile.blocks // (together // tile.lines))


def groups_of_full_tile(chip: Architecture, transposed: bool = False) -> int:
    """Groups of a tile whose lines are all in use."""
    lines = chip.tile.columns if transposed else chip.tile.rows
    return -(-lines // lines_together(chip, lines))


def groups_of_layer(tiles: list[DrivenTile], together: int) -> RowGroups:
    """Groups of the tiles along which a layer is split."""
    each = [groups_of(tile, together) for tile in tiles]
    of_column = [-(-tile.lines // together) for tile in tiles]
    return RowGroups(max(each), math.fsum(each) / len(each), math.fsum(of_column) / len(of_column))


def split_lines(lines: int, tile_lines: int) -> Iterator[int]:
    """The lines of each tile of a split."""
    for first in range(0, lines, tile_lines):
        yield min(tile_lines, lines - first)


def sum_bits(chip: Architecture) -> int:
    """Bits of a tile's result before columns are subtracted: a code of the converter, or the sum of
    the codes of all slots, each shifted by the bits of a slot, and of all groups of rows.
    """
    read = chip.read
    bits = read.adc_bits
    if read.accumulate == "analog":
        return bits
    if read.slots > 1:
        # Shifted codes overlap where a slot has fewer bits than a code: their sum may carry once.
        bits += (read.slots - 1) * read.bits_per_slot + 1
    groups = max(groups_of_full_tile(chip, back) for back in {False, read.transposed})
    # A sum of n codes has log2 n bits more.
    return bits + math.ceil(math.log2(groups))


def needed_bits(chip: Architecture, lines: int) -> int:
    """Bits of a converter that tell apart all that one conversion may meet.

    Args:
        chip: whose converters and cells.
        lines: rows in use of a tile.

    Returns:
        ceil(log2(lines x levels of a cell x levels of an input + 1)), of the lines and the input
        bits that one conversion takes.
    """
    read = chip.read
    weights = chip.weights
    digital = read.accumulate == "digital"
    if digital:
        lines = lines_together(chip, lines)
    serial = digital and read.input == "bit_serial"
    input_bits = min(read.bits_per_slot, read.input_bits) if serial else read.input_bits
    cell_bits = {
        "bit_slices": min(weights.cell_bits, weights.bits),
        # each column of a pair holds the size of a signed weight
        "differential": max(1, weights.bits - 1),
    }.get(weights.mapping, weights.bits)
    # One more than the largest sum: zero is a level as well.
    return math.ceil(math.log2(lines * (2**cell_bits - 1) * (2**input_bits - 1) + 1))
