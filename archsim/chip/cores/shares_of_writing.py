"""Which core does what share of an operation that changes weights: all copies of a layer at once, and
nothing comes out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archsim.chip.cores.core_pattern import CorePattern
from archsim.chip.cores.shares import Splits, SplitShape
from archsim.chip.cores.unit_shares import CoreShare, InputGroup, UnitShares
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
    errors = min(inputs, layer.matrix.columns * layer.matrix.groups) / inputs if inputs else 1.0
    pattern = CorePattern.of([tile // tiles_of_core for tile in layer.tiles])
    shares = pattern.once(_shares_of_update, SplitShape.of(layer), errors)
    return pattern.named(shares)


def _shares_of_update(tiles: tuple[int, ...], shape: SplitShape, errors: float) -> UnitShares:
    """The shares where tiles lie on these cores, and `errors` are this share of the inputs."""
    splits = Splits(shape)
    taken: dict[tuple[int, ...], float] = {}
    for (group, row), height in splits.heights.items():
        line = [splits.tile(group, row, column) for column in range(splits.column_splits)]
        key = _cores(tiles, splits.tiles, line)
        taken[key] = taken.get(key, 0.0) + height * (1 - errors)
    for (group, column), width in splits.widths.items():
        line = [splits.tile(group, row, column) for row in range(splits.row_splits)]
        key = _cores(tiles, splits.tiles, line)
        taken[key] = taken.get(key, 0.0) + width * errors
    return _shares(tiles, {key: share for key, share in taken.items() if share})


def shares_of_write(layer: LayerPlacement, tiles_of_core: int) -> UnitShares:
    """Programming, a row of the matrix a step: its values go to the tiles that hold it, of the mean
    row.

    Args:
        layer: with the tiles of all copies.
        tiles_of_core: tile t is one of core t // tiles_of_core.

    Returns:
        shares of its only unit.
    """
    pattern = CorePattern.of([tile // tiles_of_core for tile in layer.tiles])
    return pattern.named(pattern.once(_shares_of_write, SplitShape.of(layer)))


def _shares_of_write(tiles: tuple[int, ...], shape: SplitShape) -> UnitShares:
    """The shares where tiles lie on these cores."""
    splits = Splits(shape)
    taken: dict[tuple[int, ...], float] = {}
    for (group, row), height in splits.heights.items():
        whole = sum(splits.heights[group, other] for other in range(splits.row_splits))
        for column in range(splits.column_splits):
            key = _cores(tiles, splits.tiles, [splits.tile(group, row, column)])
            share = splits.widths[group, column] * height / whole
            taken[key] = taken.get(key, 0.0) + share
    return _shares(tiles, taken)


def _cores(tiles: Sequence[int], each: int, line: Sequence[int]) -> tuple[int, ...]:
    """The cores of these tiles of a copy in every copy, which have `each` tiles."""
    copies = range(0, len(tiles), each)
    return tuple(dict.fromkeys(tiles[first + tile] for first in copies for tile in line))


def weights_by_core(layer: LayerPlacement, tiles_of_core: int) -> dict[int, float]:
    """The share of a layer's tiles that each core has, copies among them."""
    return _share_of_each([tile // tiles_of_core for tile in layer.tiles])


def _share_of_each(tiles: Sequence[int]) -> dict[int, float]:
    """The share of the tiles on each core."""
    each = 1 / len(tiles)
    shares: dict[int, float] = {}
    for core in tiles:
        shares[core] = shares.get(core, 0.0) + each
    return shares


def _shares(tiles: Sequence[int], taken: Mapping[tuple[int, ...], float]) -> UnitShares:
    """The digital side of such a step is done where the weights are."""
    inputs: dict[int, float] = {}
    for key, share in taken.items():
        for core in key:
            inputs[core] = inputs.get(core, 0.0) + share
    cores = tuple(
        CoreShare(core, inputs.get(core, 0.0), share, 0.0, 0.0, 0.0, share, 0)
        for core, share in _share_of_each(tiles).items()
    )
    groups = tuple(InputGroup(key, share) for key, share in taken.items())
    return UnitShares(cores, groups, (), 0.0)
