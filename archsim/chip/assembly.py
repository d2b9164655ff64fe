"""Components that are entered one by one, since some follow the area of those before them: wires the
area of a core, clocks that of what they clock.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from archsim.chip.clocks import check_gated, clock_of, trunk_mm
from archsim.chip.component_settings import ComponentSettings
from archsim.chip.config import Architecture
from archsim.chip.inventory_form import (
    ALWAYS,
    BY_ITSELF,
    CLOCKED,
    TILE_CLOCKED,
    TRUNK,
    WITH_THE_TILE,
    InventoryForm,
)
from archsim.chip.kept_parts import KeptParts, MadePart
from archsim.chip.kind_chips import AT
from archsim.chip.parameters import derived_values, instances, is_of_a_kind, named_derived, resolve
from archsim.chip.placement import TilesOfKind
from archsim.ledger.component import Component
from hwlib import price
from hwlib.errors import InputError, told_within

_TILES = "tiles"
_LEAST_MM2 = 1e-7
_LEAST_OF_ALL = 1e-4


@dataclass
class _Cores:
    """Alike cores: the chip as they have it, their tiles, and what parameters of their parts may
    name. `area` in mm2 is that of their own parts so far; `suffix` marks the names of these.
    """

    suffix: str
    chip: Architecture
    tiles: int
    without: Mapping[str, int]
    derived: dict[str, float]
    area: float = 0.0

    @property
    def with_clock(self) -> int:
        """Tiles that have a clock of their own."""
        return max(1, self.tiles - self.without.get("tile_clock", 0))

    @property
    def tile_logic(self) -> str:
        """The name under which the logic of their tiles is added up."""
        return f"{_TILES}{self.suffix}"


class _Tree(NamedTuple):
    """A clock tree over a part of the logic: its entry, the parameters that are the area, and the
    others. The trunk belongs to the clock around it alone."""

    entry: ComponentSettings
    followed: Sequence[str]
    values: dict[str, Any]


class Assembly:
    """Components in the making.

    `area` is that of all so far inside the chip's boundary, `clocked` that of logic and registers
    by what clocks them: a block, the tiles, or the clock that always runs; both in mm2. `enabled` is
    the area of one part that its own action clocks, by name. Where cores are of several kinds, a part
    that is theirs is entered once for each, as `role@kind`.
    """

    def __init__(
        self,
        chip: Architecture,
        form: InventoryForm,
        node: float,
        kinds: Sequence[TilesOfKind],
        kept: KeptParts,
    ):
        self.form = form
        self.settings = form.settings
        self.kept = kept
        self.node = node
        tiles = sum(item.tiles for item in kinds)
        several = len(chip.core.kinds) > 1
        self.kinds = [
            _Cores(
                f"{AT}{kind}" if several else "",
                chip.of_kind(kind),
                own,
                without,
                derived_values(chip.of_kind(kind), own, tiles),
            )
            for kind, own, without in kinds
        ]
        self.whole = self.kinds[0]
        if several:
            self.whole = _Cores("", chip, tiles, {}, derived_values(chip, tiles))
        self.chip = self.whole.chip
        self.conditions = self.chip.conditions
        self.around = kept.around(node, self.conditions)
        self.components: dict[str, Component] = {}
        self.entered: dict[str, list[str]] = {}
        self.area = 0.0
        self.clocked: dict[str, float] = {ALWAYS: 0.0}
        self.clocked |= {cores.tile_logic: 0.0 for cores in self.kinds}
        self.enabled: dict[str, float] = {}
        self.trees: dict[str, _Tree | None] = {}

    def enter(self, roles: Iterable[str]) -> None:
        """Add the components of roles, and their area."""
        several = self.whole is not self.kinds[0]
        for role in roles:
            entry = self.settings[role]
            owners = self.kinds if several and is_of_a_kind(entry) else [self.whole]
            self.entered[role] = [f"{role}{cores.suffix}" for cores in owners]
            for cores in owners:
                self._enter(role, entry, cores)

    def _enter(self, role: str, entry: ComponentSettings, cores: _Cores) -> None:
        name = f"{role}{cores.suffix}"
        # a kind may have a cell of its own
        own = cores.chip.components.get(role, entry)
        key, made = self.kept.find(name, self.around, own, cores.chip, cores.derived)
        if made is None:
            made = self._made(role, name, own, cores)
            self.kept.keep(key, made)
        tiles = cores.tiles - cores.without[role] if role in cores.without else cores.tiles
        count = instances(entry, cores.chip, tiles)
        self.components[name] = made.components.get(count) or made.times(count)
        mm2 = made.area_um2 * count * 1e-6 if entry.boundary != "system" else 0.0
        self.area += mm2
        cores.area += mm2
        if entry.gated is not None:
            check_gated(role, entry, self.chip)
        clock = self.form.clocked_by.get(role)
        if not mm2 or clock is None:
            return
        if clock == BY_ITSELF:
            self.enabled[name] = mm2 / count
            return
        if clock == WITH_THE_TILE:
            clock = cores.tile_logic if cores.tile_logic in self.clocked else ALWAYS
        self.clocked[clock] = self.clocked.get(clock, 0.0) + mm2

    def _made(self, role: str, name: str, entry: ComponentSettings, cores: _Cores) -> MadePart:
        """A part, priced."""
        values = self._values(role, entry, cores)
        try:
            priced = price(entry.part, values, self.node)
        except InputError as error:
            raise told_within(error, f"{self.chip.origin}: components.{role}") from None
        return MadePart(name, entry, values, priced.area.value)

    def _values(self, role: str, entry: ComponentSettings, cores: _Cores) -> dict[str, Any]:
        """The parameters of a part."""
        usual = self.conditions if entry.boundary != "system" else {}
        values = usual | entry.parameters
        for name, value in entry.followed.items():
            derived = named_derived(value)
            if derived in cores.derived:
                values[name] = cores.derived[derived]
                continue
            where = f"{self.chip.origin}: components.{role}.parameters.{name}"
            values[name] = resolve(value, cores.chip, cores.derived, where)
        return values

    def _all(self) -> list[_Cores]:
        return self.kinds if self.whole is self.kinds[0] else [*self.kinds, self.whole]

    def measure_cores(self) -> None:
        """The area of a core: its wires cross its own tiles. A flat chip is one core."""
        for cores in self._all():
            area = self.area if cores is self.whole else cores.area
            side = max(0.01, math.sqrt(area / cores.derived["cores"]))
            # A bus runs along one side and half of the other; an H-tree's way from the root to a
            # leaf is one side in all.
            cores.derived |= {"core_area_mm2": area, "bus_mm": 1.5 * side, "tree_mm": side}

    def measure_pitch(self) -> None:
        """The pitch of the floor, which is that of the mean core."""
        pitch = max(0.01, math.sqrt(self.area / self.whole.derived["cores"]))
        for cores in self._all():
            cores.derived["core_pitch_mm"] = pitch

    def measure_clocks(self) -> None:
        """The area that clocks reach, and the wires to their gates."""
        trunk = self._trunk_mm(sum(cores.with_clock for cores in self.kinds))
        for cores in self._all():
            logic = self.clocked.get(cores.tile_logic, 0.0)
            cores.derived |= {
                CLOCKED: max(_LEAST_OF_ALL, self.clocked[ALWAYS]),
                TILE_CLOCKED: max(_LEAST_OF_ALL, logic / cores.with_clock),
                TRUNK: trunk,
            }

    def _trunk_mm(self, tiles: int) -> float:
        """Wires of the clock to the gates of blocks and tiles; none where nothing is gated."""
        gates = len(self._blocks_that_clock())
        if self.chip.clock.gating == "none" and not gates:
            return 0.0
        return trunk_mm(math.sqrt(self.area), gates + tiles)

    def _blocks_that_clock(self) -> list[str]:
        others = {ALWAYS, *(cores.tile_logic for cores in self.kinds)}
        return [name for name in self.clocked if name not in others]

    def enter_gated_clocks(self) -> None:
        """Add the clocks of blocks, and of parts that their own action clocks, one for each part:
        trees of the kind of that around them, over the gated logic.
        """
        for block in self._blocks_that_clock():
            self._enter_clock(block, "clock_tree", self.clocked[block], 1)
        for name, mm2 in self.enabled.items():
            role, at, kind = name.partition(AT)
            in_tile = self.settings[role].boundary == "macro"
            around = f"tile_clock{at}{kind}" if in_tile else "clock_tree"
            self._enter_clock(name, around, mm2, self.components[name].count)

    def _enter_clock(self, name: str, around: str, mm2: float, count: int) -> None:
        """A chip that states the area of its clock itself has none of these: that clock is over all
        logic at once.
        """
        if around not in self.trees:
            self.trees[around] = self._tree(around)
        tree = self.trees[around]
        if tree is None:
            return
        role = clock_of(name)
        if role in self.settings:
            raise InputError(
                f"the clock of {name} is made with the {around} of the chip",
                where=f"{self.chip.origin}: components.{role}",
                got=role,
                hint="give the part another name",
            )
        values = tree.values | dict.fromkeys(tree.followed, max(_LEAST_MM2, mm2))
        key = self.kept.key_of(role, self.around, tree.entry, values)
        made = self.kept.get(key)
        if made is None:
            made = MadePart(role, tree.entry, values, 0.0)
            self.kept.keep(key, made)
        self.components[role] = made.times(count)

    def _tree(self, around: str) -> _Tree | None:
        """What clocks of gated logic are like; None where the clock around them follows no area."""
        entry = self.settings.get(around.partition(AT)[0])
        areas = (f"=derived.{CLOCKED}", f"=derived.{TILE_CLOCKED}")
        if entry is None:
            return None
        followed = [name for name, value in entry.parameters.items() if value in areas]
        if not followed:
            return None
        values = {
            parameter: value
            for parameter, value in self.components[around].parameters.items()
            if entry.parameters.get(parameter) != f"=derived.{TRUNK}"
        }
        return _Tree(entry, followed, values)

    def in_order(self) -> Iterator[Component]:
        """The components in the order of the description, clocks that were made behind them."""
        own = {name: None for role in self.settings for name in self.entered[role]}
        yield from (self.components[name] for name in own)
        yield from (part for name, part in self.components.items() if name not in own)
