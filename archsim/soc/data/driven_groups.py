"""The lines of a layer's tiles that a read drives and converts at a time."""

from __future__ import annotations

from archsim.chip.config import Architecture
from archsim.chip.plan.row_groups import lines_together, weights_together


def driven_groups(
    chip: Architecture, matrix: str, rows: int, height: int, transposed: bool
) -> list[list[slice]]:
    """The lines that are driven and converted at a time, for each tile along `rows` lines of a
    matrix, `height` a tile: all of a tile's, or group after group.
    """
    together = height
    if chip.read.accumulate == "digital" and chip.read.rows_active != "all":
        together = (
            weights_together(chip, matrix) if transposed else lines_together(chip, chip.tile.rows)
        )
    return [
        [
            slice(line, min(line + together, first + height, rows))
            for line in range(first, min(first + height, rows), together)
        ]
        for first in range(0, rows, height)
    ]
