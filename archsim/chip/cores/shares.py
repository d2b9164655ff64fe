"""Which core does what share of an operation: tiles, sums and results of one copy of its layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from archsim.chip.placement import LayerPlacement


class CoreShare(NamedTuple):
    """What a core does of one step, as shares of the whole step.

    `inputs` of the input values go to its tiles, which give `partials` of all partial sums (outputs
    times row splits). Where a chain adds them, `ends` of the outputs leave its tiles. `inner` and
    `outer` are additions for each output of the step: of sums of its own tiles, and of sums that come
    from other cores. `outputs` of the results are finished here. A column of tiles has at most
    `depth` here.
    """

    core: int
    inputs: float
    partials: float
    ends: float
    inner: float
    outer: float
    outputs: float
    depth: int


class InputGroup(NamedTuple):
    """A share of the input values that goes to the same cores."""

    cores: tuple[int, ...]
    share: float


class Exchange(NamedTuple):
    """A share of the outputs whose sums go from a core to the one that finishes them."""

    source: int
    target: int
    share: float


class UnitShares(NamedTuple):
    """One copy of an operation on its cores; `columns` is how many outputs a step has of a tile at
    most, as a share of the outputs."""

    cores: tuple[CoreShare, ...]
    groups: tuple[InputGroup, ...]
    exchanges: tuple[Exchange, ...]
    columns: float


def shares_of_unit(layer: LayerPlacement, unit: int, tiles_of_core: int) -> UnitShares:
    """The shares of a copy of a layer.

    Args:
        layer: with its tiles.
        unit: number of the copy.
        tiles_of_core: tile t is one of core t // tiles_of_core.

    Returns:
        shares that add up to one.
    """
    each = layer.tiles_per_unit
    tiles = layer.tiles[unit * each : (unit + 1) * each]
    cores = [tile // tiles_of_core for tile in tiles]
    tally = _Tally(layer)
    for column in _columns(layer):
        tally.add(column, [cores[column.first + row * column.stride] for row in range(column.rows)])
    return tally.shares()


class _Column(NamedTuple):
    """The tiles of one column: the first, the step to the next below it, how many, its share of the
    outputs, and its group of rows."""

    first: int
    stride: int
    rows: int
    outputs: float
    group: int


def _columns(layer: LayerPlacement) -> Iterator[_Column]:
    rows, columns = layer.row_splits, layer.column_splits
    groups = -(-layer.matrix.groups // layer.groups_per_tile)
    for group in range(groups):
        here = min(layer.groups_per_tile, layer.matrix.groups - group * layer.groups_per_tile)
        for column in range(columns):
            left = layer.matrix.columns - column * layer.tile_weights
            width = min(layer.tile_weights, left) / layer.matrix.columns
            first = group * rows * columns + column
            yield _Column(first, columns, rows, width * here / layer.matrix.groups, group)


class _Tally:
    """Shares of cores that are added up column by column."""

    def __init__(self, layer: LayerPlacement):
        self.layer = layer
        self.sums: dict[int, dict[str, float]] = {}
        self.depth: dict[int, int] = {}
        self.rows: dict[tuple[int, int], dict[int, None]] = {}
        self.exchanges: dict[tuple[int, int], float] = {}
        self.widest = 0.0

    def add(self, column: _Column, cores: list[int]) -> None:
        """A column whose tiles lie on these cores, from its first row down; the last finishes it."""
        home = cores[-1]
        self.widest = max(self.widest, column.outputs)
        for core in dict.fromkeys(cores):
            here = cores.count(core)
            self.depth[core] = max(self.depth.get(core, 0), here)
            self._count(core, "partials", column.outputs * here / column.rows)
            self._count(core, "ends", column.outputs)
            self._count(core, "inner", column.outputs * (here - 1))
            if core == home:
                self._count(core, "outputs", column.outputs)
                self._count(core, "outer", column.outputs * (len(dict.fromkeys(cores)) - 1))
            else:
                pair = core, home
                self.exchanges[pair] = self.exchanges.get(pair, 0.0) + column.outputs
        for row, core in enumerate(cores):
            self.rows.setdefault((column.group, row), {})[core] = None

    def _count(self, core: int, what: str, share: float) -> None:
        sums = self.sums.setdefault(core, {})
        sums[what] = sums.get(what, 0.0) + share

    def shares(self) -> UnitShares:
        """All of them."""
        groups: dict[tuple[int, ...], float] = {}
        for (group, row), taking in self.rows.items():
            key = tuple(taking)
            groups[key] = groups.get(key, 0.0) + self._height(group, row)
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

    def _height(self, group: int, row: int) -> float:
        """The share of the input values that a row of tiles takes."""
        layer = self.layer
        here = min(layer.groups_per_tile, layer.matrix.groups - group * layer.groups_per_tile)
        height = min(layer.tile_rows, layer.rows - row * layer.tile_rows) / layer.rows
        return height * here / layer.matrix.groups


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
