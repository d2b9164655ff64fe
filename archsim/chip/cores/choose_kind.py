"""On which kind of cores a layer lies: the one that is named, else the one on which it takes fewest
cells.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from archsim.chip.placement import LayerPlacement, Placement
from archsim.trace.layer_matrix import LayerMatrix
from archsim.trace.operation import OFF_TILES, Trace
from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.chip.config import Architecture

Shape = Callable[[LayerMatrix, "Architecture", int], LayerPlacement]
"""The splits of a matrix on a chip, in so many copies."""


class ChosenKinds(NamedTuple):
    """The kind of each matrix, by its name, and the layers whose kind nobody named."""

    kinds: dict[str, str]
    unnamed: tuple[str, ...]


def choose_kinds(matrices: Sequence[LayerMatrix], chip: Architecture, shape: Shape) -> ChosenKinds:
    """The kinds of all matrices.

    A layer that `placement.kind` does not name goes to the kind whose tiles for it have fewest cells,
    of equal ones to that named first on the chip, among those with tiles left. Further arrays of a
    layer, and what lends it its periphery, lie on cores of its kind.

    Args:
        matrices: of the trace, in its order.
        chip: with its kinds.
        shape: splits a matrix over tiles.

    Returns:
        nothing for a chip whose cores are all alike.
    """
    if not chip.core.kinds:
        return ChosenKinds({}, ())
    owners = _owners(matrices, chip)
    named = chip.placement.kind
    room = _Room(chip, shape)
    chosen: dict[str, str] = {}
    for owner, own in owners.items():
        if owner in named:
            chosen[owner] = named[owner]
            room.take(own, named[owner])
    unnamed = [owner for owner in owners if owner not in named]
    for owner in unnamed:
        chosen[owner] = room.best(owners[owner])
        room.take(owners[owner], chosen[owner])
    kinds = {matrix.layer: chosen[owner] for owner, own in owners.items() for matrix in own}
    return ChosenKinds(kinds, tuple(unnamed))


def kind_notes(placement: Placement, chip: Architecture) -> list[str]:
    """What nobody said: the kinds that were chosen."""
    if len(chip.core.kinds) < 2 or not placement.chosen:
        return []
    words = [f"{layer} on {placement.layers[layer].kind}" for layer in placement.chosen]
    return [
        "kinds of cores that placement.kind leaves open are those on which a layer takes fewest "
        f"cells: {', '.join(words)}"
    ]


def kind_of(matrix: str, kinds: dict[str, str]) -> str:
    """The kind of a layer's cores, or of its further array `<layer>.<what>`; "" where none is known."""
    if matrix in kinds:
        return kinds[matrix]
    owners = [layer for layer in kinds if matrix.startswith(f"{layer}.")]
    return kinds[max(owners, key=len)] if owners else ""


def check_one_kind(trace: Trace, placement: Placement, chip: Architecture) -> None:
    """Hold the arrays that work together to one kind.

    Raises:
        InputError: for a layer whose arrays lie on cores of several kinds.
    """
    if len(chip.core.kinds) < 2:
        return
    for layer, names in _arrays(trace).items():
        kinds = {name: placement.layers[name].kind for name in names}
        if len(set(kinds.values())) > 1:
            first, other, *_ = kinds
            raise InputError(
                f"the arrays of layer '{layer}' work together and lie on one kind of cores",
                where=f"{chip.origin}: placement.kind",
                got=kinds,
                hint=f"send {other} where {first} is",
            )


def kinds_of_layers(trace: Trace, placement: Placement) -> dict[str, str]:
    """The kind of the cores that do the analog work of each layer."""
    return {layer: placement.layers[names[0]].kind for layer, names in _arrays(trace).items()}


def _arrays(trace: Trace) -> dict[str, list[str]]:
    """The matrices on whose tiles each layer works: its own, further ones, and their lenders."""
    lenders = {matrix.layer: matrix.lender for matrix in trace.matrices}
    arrays: dict[str, list[str]] = {}
    for operation in trace.image_operations + trace.batch_operations + trace.setup_operations:
        if operation.kind in OFF_TILES:
            continue
        own = arrays.setdefault(operation.layer, [])
        for name in (operation.matrix_name, operation.against):
            while name is not None and name not in own:
                own.append(name)
                name = lenders.get(name)
    return arrays


def _owners(matrices: Sequence[LayerMatrix], chip: Architecture) -> dict[str, list[LayerMatrix]]:
    """Matrices that must lie on one kind, by the layer that owns them."""
    known = {matrix.layer: matrix for matrix in matrices}
    owners: dict[str, list[LayerMatrix]] = {}
    for matrix in matrices:
        owner = matrix
        for _ in known:
            above = _above(owner, known)
            if above is None or owner.layer in chip.placement.kind:
                break
            owner = above
        owners.setdefault(owner.layer, []).append(matrix)
    return owners


def _above(matrix: LayerMatrix, known: dict[str, LayerMatrix]) -> LayerMatrix | None:
    """What lends it its periphery, or the layer of which it is a further array."""
    if matrix.lender is not None:
        return known[matrix.lender]
    layers = [name for name in known if matrix.layer.startswith(f"{name}.")]
    return known[max(layers, key=len)] if layers else None


class _Room:
    """Tiles that the cores of each kind have left."""

    def __init__(self, chip: Architecture, shape: Shape):
        self.chip = chip
        self.shape = shape
        self.left = {
            name: float("inf") if kind.count == "auto" else kind.count * chip.core.tiles
            for name, kind in chip.core.kinds.items()
        }

    def tiles(self, matrices: Sequence[LayerMatrix], kind: str) -> int:
        """Tiles that matrices take of a kind, with the copies that are named."""
        copies = self.chip.placement.copies
        shapes = [
            self.shape(matrix, self.chip.of_kind(kind), copies.get(matrix.layer, 1))
            for matrix in matrices
        ]
        return sum(layer.tiles_per_unit * layer.units for layer in shapes)

    def take(self, matrices: Sequence[LayerMatrix], kind: str) -> None:
        """Matrices lie on a kind."""
        self.left[kind] -= self.tiles(matrices, kind)

    def best(self, matrices: Sequence[LayerMatrix]) -> str:
        """The kind on which they take fewest cells, of those that have room for them; where none has,
        of all."""
        tiles = {kind: self.tiles(matrices, kind) for kind in self.left}
        fitting = [kind for kind in tiles if tiles[kind] <= self.left[kind]] or list(tiles)

        def cells(kind: str) -> int:
            tile = self.chip.of_kind(kind).tile
            return tiles[kind] * tile.rows * tile.columns

        return min(fitting, key=cells)
