"""Packing of rectangles of cells on tiles: guillotine cuts, first fit (Jylanki 2010, "A thousand
ways to pack the bin").
"""

from __future__ import annotations

from collections.abc import Container


class Packer:
    """Puts rectangles on tiles of `rows` x `columns`. Rectangles never overlap; a full tile is not
    looked at again.
    """

    def __init__(self, rows: int, columns: int):
        self.rows = rows
        self.columns = columns
        self.tiles = 0
        self.free: list[tuple[int, int, int]] = []  # (tile, rows, columns) of free rectangles

    def put(self, rows: int, columns: int, barred: Container[int] = ()) -> int:
        """Place one rectangle on a tile that is not `barred`; returns its tile number. It must fit
        on an empty tile.
        """
        # whole tiles leave nothing, and no piece of another holds them
        if (rows, columns) == (self.rows, self.columns):
            self.tiles += 1
            return self.tiles - 1
        best = min(
            (
                i
                for i, (tile, r, c) in enumerate(self.free)
                if r >= rows and c >= columns and tile not in barred
            ),
            key=lambda i: self.free[i][1] * self.free[i][2],
            default=None,
        )
        if best is None:
            self.free.append((self.tiles, self.rows, self.columns))
            self.tiles += 1
            best = len(self.free) - 1
        tile, height, width = self.free.pop(best)
        below, beside = height - rows, width - columns
        # Cut along the shorter leftover side, so that the larger piece stays whole.
        if below * width >= beside * height:
            pieces = ((tile, below, width), (tile, rows, beside))
        else:
            pieces = ((tile, height, beside), (tile, below, columns))
        self.free += [piece for piece in pieces if piece[1] > 0 and piece[2] > 0]
        return tile
