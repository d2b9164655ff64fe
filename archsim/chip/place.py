"""Place weight matrices on tiles: splits, diagonal groups and copies, packing, and what to do when
the chip is too small.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from archsim.chip.config import Architecture
from archsim.chip.copies import copies_of
from archsim.chip.cores.choose_kind import choose_kinds
from archsim.chip.cores.place_on_cores import place_on_cores
from archsim.chip.pack import Packer
from archsim.chip.placement import LayerPlacement, Placement
from archsim.chip.replicas import check_layers
from archsim.trace.layer_matrix import LayerMatrix
from hwlib.errors import InputError, nearest

MAX_TILES = 20_000_000
# Packing looks at every free piece for every rectangle: some seconds for the first, pieces of whole
# tiles aside.
MAX_PACKED, MAX_PIECES = 10_000, 1_000_000


def shape_layer(matrix: LayerMatrix, chip: Architecture, copies: int) -> LayerPlacement:
    """Splits of one layer, and what shares a tile; no tiles are given to it yet."""
    rows = matrix.rows + (1 if matrix.bias and chip.weights.bias == "row" else 0)
    per_weight = chip.weights.columns_of(matrix.layer)
    per_tile = chip.weight_columns_of(matrix.layer)
    row_splits, column_splits = -(-rows // chip.tile.rows), -(-matrix.columns // per_tile)
    groups_per_tile = copies_per_tile = 1
    if row_splits == column_splits == 1:
        diagonal = min(chip.tile.rows // rows, per_tile // matrix.columns)
        groups_per_tile = min(matrix.groups, diagonal)
        copies_per_tile = min(copies, max(1, diagonal // matrix.groups))
    return LayerPlacement(
        matrix,
        rows,
        matrix.columns * per_weight,
        row_splits,
        column_splits,
        groups_per_tile,
        copies,
        copies_per_tile,
        (),
        chip.tile.rows,
        per_tile,
    )


def rectangles(layer: LayerPlacement, chip: Architecture) -> list[tuple[int, int]]:
    """The rectangles (rows, columns) of cells that one unit of a layer needs, one a tile at most."""
    groups = layer.matrix.groups
    per_weight = chip.weights.columns_of(layer.matrix.layer)
    per_tile = layer.tile_weights
    if layer.row_splits == layer.column_splits == 1:
        counts = [
            min(layer.groups_per_tile, groups - first) * layer.copies_per_tile
            for first in range(0, groups, layer.groups_per_tile)
        ]
        return [(count * layer.rows, count * layer.columns) for count in counts]
    heights = [
        min(layer.tile_rows, layer.rows - i * layer.tile_rows) for i in range(layer.row_splits)
    ]
    widths = [
        min(per_tile, layer.matrix.columns - i * per_tile) * per_weight
        for i in range(layer.column_splits)
    ]
    return [(h, w) for h in heights for w in widths] * groups


def place(matrices: Sequence[LayerMatrix], chip: Architecture) -> Placement:
    """Place all matrices. Raises InputError that says how many tiles are missing where the chip is
    too small.
    """
    known = [m.layer for m in matrices]
    if chip.tile.count != "auto":  # tiles that were built for any use are all alike
        matrices = [replace(m, lender=None, borrowed=()) for m in matrices]
    for name in chip.placement.copies:
        if name not in known:
            raise InputError(
                "no such layer to copy",
                where=f"{chip.origin}: placement.copies.{name}",
                allowed=known,
                hint=nearest(name, known),
            )
    check_layers(chip, known)
    chosen = choose_kinds(matrices, chip, shape_layer)

    def shape(matrix: LayerMatrix, number: int) -> LayerPlacement:
        kind = chosen.kinds.get(matrix.layer, "")
        return replace(shape_layer(matrix, chip.of_kind(kind), number), kind=kind)

    copies = copies_of(matrices, chip, lambda matrix: shape(matrix, 1).tiles_per_unit)
    if chip.core.tiles:
        shapes = [shape(matrix, copies[matrix.layer]) for matrix in matrices]
        return replace(place_on_cores(matrices, shapes, chip), chosen=chosen.unnamed)
    packer = Packer(chip.tile.rows, chip.tile.columns) if chip.placement.pack else None
    layers: dict[str, LayerPlacement] = {}
    next_tile = 0
    for matrix in matrices:
        layer = shape_layer(matrix, chip, copies[matrix.layer])
        count = layer.tiles_per_unit * layer.units
        if next_tile + count > MAX_TILES:
            raise InputError(
                "layer too large to place",
                where=matrix.layer,
                got=f"{count} tiles",
                allowed=f"up to {MAX_TILES} in all",
            )
        if packer is None:
            tiles: Sequence[int] = range(next_tile, next_tile + count)
            next_tile += count
        else:
            tiles = _packed(layer, count, chip, packer)
            next_tile = packer.tiles
        layers[matrix.layer] = replace(layer, tiles=tiles)
    available = next_tile if chip.tile.count == "auto" else chip.tile.count
    placement = Placement(layers, next_tile, available)
    _check_room(placement, chip)
    return placement


def _packed(
    layer: LayerPlacement, count: int, chip: Architecture, packer: Packer
) -> tuple[int, ...]:
    """The tiles of a layer that shares them with others. Its own pieces work at the same time, so
    no two of them share a tile.
    """
    _check_pieces(layer, count, chip)
    barred: set[int] = set()
    tiles = []
    for rectangle in rectangles(layer, chip) * layer.units:
        tiles.append(packer.put(*rectangle, barred))
        barred.add(tiles[-1])
    return tuple(tiles)


def _check_room(placement: Placement, chip: Architecture) -> None:
    """Refuse a chip with too few tiles: for the network, or for the copies of a layer at a time."""
    tiles = placement.tiles
    available = placement.available
    if placement.passes and not chip.execution.reload:
        raise InputError(
            f"the chip is too small: the network needs {tiles} tiles of "
            f"{chip.tile.rows}x{chip.tile.columns}, {tiles - available} are missing",
            where=f"{chip.origin}: tile.count",
            got=available,
            hint="give more tiles (tile.count), larger ones, or execution.reload=true to load "
            "weights in passes",
        )
    for name, layer in placement.layers.items():
        if layer.copies > 1 and len(layer.tiles) > available:
            raise InputError(
                f"the copies of this layer take {len(layer.tiles)} tiles, more than the chip has "
                "at a time",
                where=f"{chip.origin}: placement.copies.{name}",
                got=layer.copies,
                allowed=f"up to {available} tiles",
            )


def _check_pieces(layer: LayerPlacement, count: int, chip: Architecture) -> None:
    """Refuse what would be packed for minutes, before its pieces are made."""
    heights = layer.rows // chip.tile.rows
    widths = layer.matrix.columns // chip.weight_columns_of(layer.matrix.layer)
    whole = (
        heights * widths * layer.matrix.groups * layer.units
        if layer.row_splits * layer.column_splits > 1
        else 0
    )
    for got, most in ((count, MAX_PIECES), (count - whole, MAX_PACKED)):
        if got > most:
            raise InputError(
                "layer of too many pieces to pack",
                where=layer.matrix.layer,
                got=got,
                allowed=f"up to {most}",
                hint="placement.pack=false gives each its own tile",
            )
