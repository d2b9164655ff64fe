"""The blocks of weights of one layer that are driven and converted at a time, and their tiles."""

from __future__ import annotations

import numpy as np

from archsim.chip.config import Architecture
from archsim.chip.placement import LayerPlacement
from archsim.kernels.map_records import BLOCK_NUMBERS
from archsim.kernels.tile_read import TilePart
from archsim.soc.data.driven_groups import driven_groups

Shape3 = tuple[int, int, int]


class TileBlocks:
    """How the weights of a layer lie on tiles.

    A tile that converts group after group of its lines is a block for each, read by the same
    converters.

    Args:
        layer: where its matrix lies.
        chip: says which lines are driven together.
        shape: of the weights: groups, outputs, rows.
        transposed: the tiles hold the transpose and are read from their columns.
    """

    def __init__(self, layer: LayerPlacement, chip: Architecture, shape: Shape3, transposed: bool):
        groups, outputs, rows = shape
        height, width = layer.tile_rows, layer.tile_weights
        if transposed:
            height, width = width, height
        driven = driven_groups(chip, layer.matrix.layer, rows, height, transposed)
        tiles = [
            (group, parts, slice(c, min(outputs, c + width)))
            for group in range(groups)
            for parts in driven
            for c in range(0, outputs, width)
        ]
        self.tiles = len(tiles)
        self.blocks = [(group, part, lines) for group, parts, lines in tiles for part in parts]
        self.tile_of = [tile for tile, (_, parts, _) in enumerate(tiles) for _ in parts]
        # outputs that are converted on their way to one
        self.splits = sum(map(len, driven))

    def numbers(self) -> np.ndarray:
        """The blocks as `kernels.map_read` takes them, int64 (blocks, BLOCK_NUMBERS)."""
        rows = [
            (group, *_span(driven), *_span(lines), tile)
            for (group, driven, lines), tile in zip(self.blocks, self.tile_of)
        ]
        return np.array(rows, np.int64).reshape(-1, BLOCK_NUMBERS)

    def part(self, number: int) -> TilePart:
        """The part of its group's matrix that a block is."""
        _, driven, lines = self.blocks[number]
        size = driven.stop - driven.start, lines.stop - lines.start
        return TilePart(driven.start, lines.start, *size)


def _span(part: slice) -> tuple[int, int]:
    return part.start, part.stop - part.start
