"""Where the matrices of a network lie: what placing gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from archsim.trace.layer_matrix import LayerMatrix


@dataclass(frozen=True, slots=True)
class LayerPlacement:
    """Where one layer sits. A *unit* is a set of tiles that works on its own vector; more units are
    copies.

    `rows` and `columns` are physical lines of one group (bias row and cells of a weight included);
    a split takes `tile_rows` of the rows and the cells of `tile_weights` weights beside each other;
    `per_tile` is how many groups (or, for a layer of one group, copies) share a tile on its
    diagonal. `tiles` are tile numbers, `kind` that of their cores, "" where all are alike.
    """

    matrix: LayerMatrix
    rows: int
    columns: int
    row_splits: int
    column_splits: int
    groups_per_tile: int
    copies: int
    copies_per_tile: int
    tiles: Sequence[int]
    tile_rows: int
    tile_weights: int
    kind: str = ""

    @property
    def units(self) -> int:
        return -(-self.copies // self.copies_per_tile)

    @property
    def tiles_per_unit(self) -> int:
        return -(-self.matrix.groups // self.groups_per_tile) * self.row_splits * self.column_splits

    @property
    def span(self) -> tuple[int, int, int]:
        """The first and the last tile, and how many there are."""
        if isinstance(self.tiles, range):  # twenty million of them are no work
            return self.tiles[0], self.tiles[-1], len(self.tiles)
        return min(self.tiles), max(self.tiles), len(set(self.tiles))

    @property
    def cells(self) -> int:
        """Cells in use, all copies."""
        return self.rows * self.columns * self.matrix.groups * self.copies


class TilesOfKind(NamedTuple):
    """The tiles of all cores of a kind ("": of all cores), and for a role of the periphery how many
    of them have none of their own.
    """

    kind: str
    tiles: int
    without: Mapping[str, int]


class Arrangement(NamedTuple):
    """Bits times pitches of an image between cores: in the order of the layers, and as they lie."""

    in_order: float
    arranged: float


@dataclass(frozen=True, slots=True)
class Placement:
    """All layers of a network on a chip. `tiles` is how many tiles the network takes, `available`
    what the chip has; `cores` how many cores these are, 0 on a flat chip, `core_kinds` the kind of
    each, where they are of kinds, and `arrangement` what their traffic costs. `chosen` are the layers
    whose kind nobody named.
    """

    layers: dict[str, LayerPlacement]
    tiles: int
    available: int
    cores: int = 0
    arrangement: Arrangement | None = None
    core_kinds: tuple[str, ...] = ()
    chosen: tuple[str, ...] = ()

    @property
    def passes(self) -> bool:
        """True where weights must be reloaded."""
        return self.tiles > self.available

    def server(self, name: str, role: str) -> str:
        """The matrix whose tiles serve the role for matrix `name`: itself, or the first of its
        lenders that has it.
        """
        for _ in self.layers:
            matrix = self.layers[name].matrix
            if role not in matrix.borrowed or matrix.lender is None:
                break
            name = matrix.lender
        return name

    def of_kinds(self) -> tuple[TilesOfKind, ...]:
        """The tiles of each kind of cores; nothing where all are alike."""
        each = self.available // self.cores if self.cores else 0
        return tuple(
            TilesOfKind(kind, self.core_kinds.count(kind) * each, self.without(kind))
            for kind in sorted(set(self.core_kinds))
        )

    def without(self, kind: str | None = None) -> dict[str, int]:
        """Roles of the periphery -> number of tiles that have none of their own, since all that
        lies on them borrows it; of cores of a kind, None: of all.
        """
        if not any(layer.matrix.borrowed for layer in self.layers.values()):
            return {}
        lacking: dict[int, set[str]] = {}
        for layer in self.layers.values():
            if kind not in (None, layer.kind):
                continue
            for tile in layer.tiles:
                lacking[tile] = lacking.get(tile, set(layer.matrix.borrowed)) & set(
                    layer.matrix.borrowed
                )
        roles = [role for missing in lacking.values() for role in missing]
        return {role: roles.count(role) for role in sorted(set(roles))}

    def sharing(self) -> set[int]:
        """Tiles that hold more than one layer."""
        if all(isinstance(layer.tiles, range) for layer in self.layers.values()):
            return set()  # placed one after the other
        seen: set[int] = set()
        shared: set[int] = set()
        for layer in self.layers.values():
            own = set(layer.tiles)
            shared |= own & seen
            seen |= own
        return shared
