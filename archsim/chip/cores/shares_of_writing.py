"""Which core does what share of an operation that changes weights: all copies of a layer at once, and
nothing comes out.
"""

from __future__ import annotations

from collections.abc import Mapping

from archsim.chip.cores.shares import CoreShare, InputGroup, Splits, UnitShares
from archsim.chip.placement import LayerPlacement


def shares_of_update(layer: LayerPlacement, tiles_of_core: int, inputs: float) -> UnitShares:
    """A rank-1 update: activations go to the rows of tiles, errors to the columns.

    Args:
        layer: with the tiles of all copies.
        tiles_of_core: tile t is one of core t // tiles_of_core.
        inputs: values of a step; those beyond the columns of the matrix are activations, as they
            are counted (archsim/chip/blocks/interconnect.py).

    Returns:
        shares of its only unit.
    """
    splits = Splits(layer)
    errors = min(inputs, layer.matrix.columns * layer.matrix.groups) / inputs if inputs else 1.0
    taken: dict[tuple[int, ...], float] = {}
    for (group, row), height in splits.heights.items():
        tiles = [splits.tile(group, row, column) for column in range(splits.column_splits)]
        key = _cores(layer, tiles, tiles_of_core)
        taken[key] = taken.get(key, 0.0) + height * (1 - errors)
    for (group, column), width in splits.widths.items():
        tiles = [splits.tile(group, row, column) for row in range(splits.row_splits)]
        key = _cores(layer, tiles, tiles_of_core)
        taken[key] = taken.get(key, 0.0) + width * errors
    return _shares(layer, tiles_of_core, {key: share for key, share in taken.items() if share})


def shares_of_write(layer: LayerPlacement, tiles_of_core: int) -> UnitShares:
    """Programming, a row of the matrix a step: its values go to the tiles that hold it, of the mean
    row.

    Args:
        layer: with the tiles of all copies.
        tiles_of_core: tile t is one of core t // tiles_of_core.

    Returns:
        shares of its only unit.
    """
    splits = Splits(layer)
    taken: dict[tuple[int, ...], float] = {}
    for (group, row), height in splits.heights.items():
        whole = sum(splits.heights[group, other] for other in range(splits.row_splits))
        for column in range(splits.column_splits):
            key = _cores(layer, [splits.tile(group, row, column)], tiles_of_core)
            share = splits.widths[group, column] * height / whole
            taken[key] = taken.get(key, 0.0) + share
    return _shares(layer, tiles_of_core, taken)


def _cores(layer: LayerPlacement, tiles: list[int], tiles_of_core: int) -> tuple[int, ...]:
    """The cores of these tiles in every copy."""
    each = layer.tiles_per_unit
    return tuple(
        dict.fromkeys(
            layer.tiles[unit * each + tile] // tiles_of_core
            for unit in range(layer.units)
            for tile in tiles
        )
    )


def weights_by_core(layer: LayerPlacement, tiles_of_core: int) -> dict[int, float]:
    """The share of a layer's tiles that each core has, copies among them."""
    each = 1 / len(layer.tiles)
    shares: dict[int, float] = {}
    for tile in layer.tiles:
        core = tile // tiles_of_core
        shares[core] = shares.get(core, 0.0) + each
    return shares


def _shares(
    layer: LayerPlacement, tiles_of_core: int, taken: Mapping[tuple[int, ...], float]
) -> UnitShares:
    """The digital side of such a step is done where the weights are."""
    inputs: dict[int, float] = {}
    for key, share in taken.items():
        for core in key:
            inputs[core] = inputs.get(core, 0.0) + share
    cores = tuple(
        CoreShare(core, inputs.get(core, 0.0), share, 0.0, 0.0, 0.0, share, 0)
        for core, share in weights_by_core(layer, tiles_of_core).items()
    )
    groups = tuple(InputGroup(key, share) for key, share in taken.items())
    return UnitShares(cores, groups, (), 0.0)
