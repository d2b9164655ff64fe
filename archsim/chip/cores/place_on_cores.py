"""Place weight matrices on the cores of a chip: what is added up lies in one core, where it fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from archsim.chip.config import Architecture
from archsim.chip.placement import LayerPlacement, Placement
from archsim.trace.layer_matrix import LayerMatrix
from hwlib.errors import InputError

MAX_TILES = 1_000_000


class CoreNumbers:
    """Cores in the order in which they got their first tile, with their kinds."""

    def __init__(self) -> None:
        self.kinds: list[str] = []

    def next(self, kind: str) -> int:
        """The number of one more core."""
        self.kinds.append(kind)
        return len(self.kinds) - 1


class FreeTiles:
    """Tiles of cores of one kind that hold nothing yet: those of core k are k * tiles and the
    following.

    `used` counts by core of the kind, whose numbers are `cores`. Cores are filled in their order; a
    hole that is left in one is filled by what fits later, as long as it belongs to the layer at hand.
    """

    def __init__(self, tiles: int, numbers: CoreNumbers, kind: str = ""):
        self.tiles = tiles
        self.numbers = numbers
        self.kind = kind
        self.used: list[int] = []
        self.cores: list[int] = []

    def take(self, count: int, first: int, times: int) -> Iterator[list[int]]:
        """So many tiles, several times, each time on one core if one can hold them, at or behind core
        `first`; else on cores that are empty."""
        core = first
        for _ in range(times):
            if count <= self.tiles:
                # a core without room for so many has none the next time either
                while core < len(self.used) and self.used[core] + count > self.tiles:
                    core += 1
                yield self._take(core, count)
                continue
            taken: list[int] = []
            while len(taken) < count:
                taken += self._take(len(self.used), min(self.tiles, count - len(taken)))
            yield taken

    def add_core(self) -> None:
        """One more core, of whose tiles none is taken."""
        self.used.append(0)
        self.cores.append(self.numbers.next(self.kind))

    def _take(self, core: int, count: int) -> list[int]:
        if core == len(self.used):
            self.add_core()
        begin = self.cores[core] * self.tiles + self.used[core]
        self.used[core] += count
        return list(range(begin, begin + count))


def place_on_cores(
    matrices: Sequence[LayerMatrix], shapes: Sequence[LayerPlacement], chip: Architecture
) -> Placement:
    """Place all matrices, in their order.

    Args:
        matrices: of the trace.
        shapes: their splits, in the same order.
        chip: whose cores they go to.

    Returns:
        the placement; tile t is one of core t // core.tiles.

    Raises:
        InputError: where there are too few cores, and for kinds of cores where none has a tile.
    """
    if chip.core.kinds and not matrices:
        raise InputError(
            "cores of several kinds differ in what their tiles have, and no weights are on tiles",
            where=f"{chip.origin}: core.kinds",
            got=sorted(chip.core.kinds),
            hint="take a chip whose cores are alike, or weights on arrays",
        )
    numbers = CoreNumbers()
    free_of = {kind: FreeTiles(chip.core.tiles, numbers, kind) for kind in chip.core.kinds or ("",)}
    layers = {}
    for matrix, shape in zip(matrices, shapes):
        layer = replace(shape, copies_per_tile=1)
        free = free_of[shape.kind]
        count = layer.tiles_per_unit * layer.units
        if sum(sum(other.used) for other in free_of.values()) + count > MAX_TILES:
            raise InputError(
                "layer too large to place on cores",
                where=matrix.layer,
                got=f"{count} tiles",
                allowed=f"up to {MAX_TILES} in all",
            )
        # a core that is full stays so: a layer begins on the last one that has room
        first = max(0, len(free.used) - 1)
        tiles = [tile for _ in range(layer.units) for tile in _unit(layer, free, first)]
        layers[matrix.layer] = replace(layer, tiles=tuple(tiles))
    if chip.core.kinds:
        _add_idle(chip, free_of)
        cores = len(numbers.kinds)
    else:
        cores = _cores(chip, free_of[""])
    # Tiles that hold nothing are there, too, but cores whose weights lie in memory are built without.
    available = cores * chip.core.tiles if layers else 0
    kinds = tuple(numbers.kinds) if chip.core.kinds else ()
    return Placement(layers, available, available, cores, core_kinds=kinds)


def _add_idle(chip: Architecture, free_of: Mapping[str, FreeTiles]) -> None:
    """Add the cores of kinds that hold nothing. Raises InputError where there are too few of one."""
    for name, kind in chip.core.kinds.items():
        free = free_of[name]
        needed = len(free.used)
        if kind.count == "auto":
            continue
        if needed > kind.count:
            raise InputError(
                f"the chip is too small: the network needs {needed} cores of {chip.core.tiles} "
                f"tiles of kind '{name}', {needed - kind.count} are missing",
                where=f"{chip.origin}: core.kinds.{name}.count",
                got=kind.count,
                hint="give more cores of this kind, more tiles a core (core.tiles), or send "
                "layers to another kind (placement.kind)",
            )
        for _ in range(kind.count - needed):
            free.add_core()


def _unit(layer: LayerPlacement, free: FreeTiles, first: int) -> list[int]:
    """The tiles of one copy: those of one column of tiles, whose sums are added, together."""
    rows, columns = layer.row_splits, layer.column_splits
    groups = -(-layer.matrix.groups // layer.groups_per_tile)
    tiles = [0] * (groups * rows * columns)
    for line, taken in enumerate(free.take(rows, first, groups * columns)):
        group, column = divmod(line, columns)
        begin = group * rows * columns + column
        tiles[begin : begin + rows * columns : columns] = taken
    return tiles


def _cores(chip: Architecture, free: FreeTiles) -> int:
    """How many cores there are. Raises InputError where they are too few."""
    needed = max(1, len(free.used))
    chips = chip.package.chips
    if chip.core.count == "auto":
        return -(-needed // chips) * chips
    cores = chip.core.count * chips
    if needed > cores:
        raise InputError(
            f"the chip is too small: the network needs {needed} cores of {chip.core.tiles} tiles, "
            f"{needed - cores} are missing",
            where=f"{chip.origin}: core.count",
            got=chip.core.count,
            hint="give more cores (core.count), more tiles a core (core.tiles) or more chips "
            "(package.chips)",
        )
    return cores
