"""Which core does what share of an operation: tiles, sums and results of one copy of its layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from archsim.chip.cores.core_pattern import CorePattern
from archsim.chip.cores.unit_shares import CoreShare, Exchange, InputGroup, UnitShares
from archsim.chip.placement import LayerPlacement


def shares_of_unit(
    layer: LayerPlacement, unit: int, tiles_of_core: int, backwards: bool = False
) -> UnitShares:
    """The shares of a copy of a layer that is read.

    Args:
        layer: with its tiles.
        unit: number of the copy.
        tiles_of_core: tile t is one of core t // tiles_of_core.
        backwards: it is read transposed: errors go to the columns, and what the tiles beside each
            other give is added.

    Returns:
        shares that add up to one.
    """
    each = layer.tiles_per_unit
    tiles = layer.tiles[unit * each : (unit + 1) * each]
    pattern = CorePattern.of([tile // tiles_of_core for tile in tiles])
    shares = pattern.once(_shares_of_read, SplitShape.of(layer), backwards)
    return pattern.named(shares)


def _shares_of_read(tiles: tuple[int, ...], shape: SplitShape, backwards: bool) -> UnitShares:
    """The shares of a copy whose tiles lie on these cores, by their numbers in it."""
    splits = Splits(shape)
    tally = _Tally(splits.widths if backwards else splits.heights)
    for line in splits.rows() if backwards else splits.columns():
        tally.add(line, [tiles[line.first + k * line.stride] for k in range(line.tiles)])
    return tally.shares()


class TileLine(NamedTuple):
    """The tiles whose sums are added: the first, the step to the next, how many, their share of the
    outputs, and their group of the matrix."""

    first: int
    stride: int
    tiles: int
    outputs: float
    group: int


class SplitShape(NamedTuple):
    """What the split of a matrix over tiles rests on: layers of one shape are split alike."""

    groups: int
    groups_per_tile: int
    row_splits: int
    column_splits: int
    rows: int
    tile_rows: int
    columns: int
    tile_weights: int

    @classmethod
    def of(cls, layer: LayerPlacement) -> SplitShape:
        """That of a layer."""
        return cls(
            layer.matrix.groups,
            layer.groups_per_tile,
            layer.row_splits,
            layer.column_splits,
            layer.rows,
            layer.tile_rows,
            layer.matrix.columns,
            layer.tile_weights,
        )


class Splits:
    """How a matrix is split over the `tiles` of a copy. `heights` and `widths` are the shares that they
    take of all rows and columns, by group and split."""

    def __init__(self, shape: SplitShape):
        self.row_splits = shape.row_splits
        self.column_splits = shape.column_splits
        groups = -(-shape.groups // shape.groups_per_tile)
        self.tiles = groups * self.row_splits * self.column_splits
        self.heights: dict[tuple[int, int], float] = {}
        self.widths: dict[tuple[int, int], float] = {}
        for group in range(groups):
            left = shape.groups - group * shape.groups_per_tile
            here = min(shape.groups_per_tile, left)
            for row in range(self.row_splits):
                rows = min(shape.tile_rows, shape.rows - row * shape.tile_rows)
                self.heights[group, row] = rows / shape.rows * here / shape.groups
            for column in range(self.column_splits):
                columns = min(shape.tile_weights, shape.columns - column * shape.tile_weights)
                self.widths[group, column] = columns / shape.columns * here / shape.groups

    def columns(self) -> Iterator[TileLine]:
        """The columns of tiles."""
        for (group, column), share in self.widths.items():
            first = self.tile(group, 0, column)
            yield TileLine(first, self.column_splits, self.row_splits, share, group)

    def rows(self) -> Iterator[TileLine]:
        """The rows of tiles."""
        for (group, row), share in self.heights.items():
            first = self.tile(group, row, 0)
            yield TileLine(first, 1, self.column_splits, share, group)

    def tile(self, group: int, row: int, column: int) -> int:
        """The number of a tile in its copy."""
        return (group * self.row_splits + row) * self.column_splits + column


class _Tally:
    """Shares of cores that are added up line by line; `inputs` are those of the input values, by group
    and number of a tile in its line."""

    def __init__(self, inputs: Mapping[tuple[int, int], float]):
        self.inputs = inputs
        self.sums: dict[int, dict[str, float]] = {}
        self.depth: dict[int, int] = {}
        self.taking: dict[tuple[int, int], dict[int, None]] = {}
        self.exchanges: dict[tuple[int, int], float] = {}
        self.widest = 0.0

    def add(self, line: TileLine, cores: list[int]) -> None:
        """A line whose tiles lie on these cores, from the first on; the last finishes it."""
        home = cores[-1]
        self.widest = max(self.widest, line.outputs)
        for core in dict.fromkeys(cores):
            here = cores.count(core)
            self.depth[core] = max(self.depth.get(core, 0), here)
            self._count(core, "partials", line.outputs * here / line.tiles)
            self._count(core, "ends", line.outputs)
            self._count(core, "inner", line.outputs * (here - 1))
            if core == home:
                self._count(core, "outputs", line.outputs)
                self._count(core, "outer", line.outputs * (len(dict.fromkeys(cores)) - 1))
            else:
                pair = core, home
                self.exchanges[pair] = self.exchanges.get(pair, 0.0) + line.outputs
        for row, core in enumerate(cores):
            self.taking.setdefault((line.group, row), {})[core] = None

    def _count(self, core: int, what: str, share: float) -> None:
        sums = self.sums.setdefault(core, {})
        sums[what] = sums.get(what, 0.0) + share

    def shares(self) -> UnitShares:
        """All of them."""
        groups: dict[tuple[int, ...], float] = {}
        for taker, taking in self.taking.items():
            key = tuple(taking)
            groups[key] = groups.get(key, 0.0) + self.inputs[taker]
        inputs: dict[int, float] = {}
        for key, share in groups.items():
            for core in key:
                inputs[core] = inputs.get(core, 0.0) + share
        cores = tuple(
            CoreShare(
                core,
                inputs[core],
                sums["partials"],
                sums["ends"],
                sums["inner"],
                sums.get("outer", 0.0),
                sums.get("outputs", 0.0),
                self.depth[core],
            )
            for core, sums in self.sums.items()
        )
        return UnitShares(
            cores,
            tuple(InputGroup(key, share) for key, share in groups.items()),
            tuple(Exchange(*pair, share) for pair, share in self.exchanges.items()),
            self.widest,
        )


def digital_shares(cores: tuple[tuple[int, float], ...]) -> UnitShares:
    """Shares of an operation off the tiles, done where its data lie.

    Args:
        cores: cores with their shares of the data.

    Returns:
        shares of its only unit.
    """
    return UnitShares(
        tuple(CoreShare(core, share, 0.0, 0.0, 0.0, 0.0, share, 0) for core, share in cores),
        tuple(InputGroup((core,), share) for core, share in cores),
        (),
        0.0,
    )
