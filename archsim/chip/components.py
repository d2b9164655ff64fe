"""From a chip description to its inventory: which parts, with which parameters, how many of each."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from archsim.chip.clocks import (
    block_clocks,
    block_that_clocks,
    check_gated,
    clock_of,
    is_clocked,
    is_enabled,
    trunk_mm,
    with_enabled_clocks,
)
from archsim.chip.config import Architecture, ComponentSettings
from archsim.chip.parameters import derived_values, instances, resolve
from archsim.chip.roles import OPTIONAL
from archsim.ledger.component import Component
from archsim.ledger.ledger import Ledger
from hwlib import find_part, price
from hwlib.errors import InputError

ALWAYS = "always"
"""What is said to clock logic that nothing stops."""
_TILES = "tiles"
_CLOCKED = "clocked_area_mm2"
_TILE_CLOCKED = "tile_clocked_area_mm2"
_TRUNK = "clock_trunk_mm"
_LEAST_MM2 = 1e-7
_LEAST_OF_ALL = 1e-4


def build_inventory(
    chip: Architecture,
    tiles: int,
    node_nm: float | None = None,
    extra: Mapping[str, Mapping[str, Any]] | None = None,
    without: Mapping[str, int] | None = None,
) -> list[Component]:
    """The components of a chip with `tiles` tiles; `extra` adds those of a scheme (a role the chip
    has is kept), `without` says for a role on how many tiles it is left out (see
    `Placement.without`).

    Wires and clock trees follow the area: tiles first (their side sets the length of the
    interconnect), then the rest, then the clock over the clocked part of a tile and of the rest.
    Raises InputError with the field path of a parameter that is not allowed.
    """
    settings = dict(chip.components)
    for role, entry in (extra or {}).items():
        settings.setdefault(role, ComponentSettings.model_validate(entry))
    node = float(node_nm or chip.node_nm)
    return list(assemble(chip, settings, tiles, node, without or {}))


def assemble(
    chip: Architecture,
    settings: Mapping[str, ComponentSettings],
    tiles: int,
    node: float,
    without: Mapping[str, int],
) -> tuple[Component, ...]:
    """The components of `settings` on a chip with `tiles` tiles, in their order; see
    `build_inventory`.
    """
    parts = _Assembly(chip, settings, tiles, node, without)
    clocks = parts.that_follow(_CLOCKED, _TILE_CLOCKED, _TRUNK)
    links = parts.that_follow("core_pitch_mm") - clocks
    wires = parts.that_follow("core_area_mm2", "bus_mm", "tree_mm") - clocks
    for role, entry in settings.items():
        if entry.boundary == "macro" and role not in wires | clocks | links:
            parts.enter(role)
    # the wires of a core cross its own tiles; a flat chip is one core
    side = max(0.01, math.sqrt(parts.area / parts.derived["cores"]))
    # A bus runs along one side and half of the other; an H-tree's way from the root to a leaf is
    # one side in all.
    parts.derived |= {"core_area_mm2": parts.area, "bus_mm": 1.5 * side, "tree_mm": side}
    for role in settings:
        if role not in parts.components and role not in clocks | links:
            parts.enter(role)
    parts.derived["core_pitch_mm"] = max(0.01, math.sqrt(parts.area / parts.derived["cores"]))
    for role in settings:
        if role in links and role not in clocks:
            parts.enter(role)
    with_clock = max(1, tiles - without.get("tile_clock", 0))
    parts.derived |= {
        _CLOCKED: max(_LEAST_OF_ALL, parts.clocked[ALWAYS]),
        _TILE_CLOCKED: max(_LEAST_OF_ALL, parts.clocked[_TILES] / with_clock),
        _TRUNK: parts.trunk_mm(with_clock),
    }
    for role in settings:
        if role in clocks:
            parts.enter(role)
    parts.enter_gated_clocks()
    return tuple(parts.in_order())


class _Assembly:
    """Components that are entered one by one, since some follow the area of those before them.

    `area` is that of all so far inside the chip's boundary, `clocked` that of logic and registers
    by what clocks them: a block, the tiles, or the clock that always runs; both in mm2. `enabled` is
    the area of one part that its own action clocks, by role; `derived` is what parameters may name.
    """

    def __init__(
        self,
        chip: Architecture,
        settings: Mapping[str, ComponentSettings],
        tiles: int,
        node: float,
        without: Mapping[str, int],
    ):
        self.chip = chip
        self.settings = settings
        self.tiles = tiles
        self.node = node
        self.without = without
        self.derived = derived_values(chip, tiles)
        self.components: dict[str, Component] = {}
        self.area = 0.0
        self.clocked: dict[str, float] = {ALWAYS: 0.0, _TILES: 0.0}
        self.enabled: dict[str, float] = {}

    def that_follow(self, *names: str) -> set[str]:
        """Roles with a parameter that is one of these derived values."""
        values = {f"=derived.{name}" for name in names}
        return {
            role
            for role, entry in self.settings.items()
            if not values.isdisjoint(entry.followed.values())
        }

    def enter(self, role: str) -> None:
        """Add the component of a role, and its area."""
        entry = self.settings[role]
        where = f"{self.chip.origin}: components.{role}"
        usual = self.chip.conditions if entry.boundary != "system" else {}
        values = usual | entry.parameters
        for name, value in entry.followed.items():
            values[name] = resolve(value, self.chip, self.derived, f"{where}.parameters.{name}")
        count = instances(entry, self.chip, self.tiles - self.without.get(role, 0))
        try:
            priced = price(entry.part, values, self.node)
        except InputError as error:
            raise InputError(
                error.what,
                where=f"{where}: {error.where}".rstrip(": "),
                got=error.got,
                allowed=error.allowed,
                hint=error.hint,
            ) from None
        self.components[role] = Component(role, entry.part, values, count, entry.boundary)
        mm2 = priced.area.value * count * 1e-6 if entry.boundary != "system" else 0.0
        self.area += mm2
        check_gated(role, entry, self.chip)
        if mm2 and is_enabled(role, entry, self.chip) and is_clocked(entry.part):
            self.enabled[role] = mm2 / count
        elif mm2 and is_clocked(entry.part):
            clock = self._clock_of(role, entry)
            self.clocked[clock] = self.clocked.get(clock, 0.0) + mm2

    def _clock_of(self, role: str, entry: ComponentSettings) -> str:
        """What clocks a part of logic: a block, the tiles, or the clock that always runs."""
        if entry.boundary == "macro":
            # a gate of its own would open with the tile's: only a part that never stops differs
            stays = entry.gated is False and self.chip.tile.clock_gating
            return ALWAYS if stays else _TILES
        return block_that_clocks(role, entry, self.chip) or ALWAYS

    def trunk_mm(self, tiles: int) -> float:
        """Wires of the clock to the gates of blocks and tiles; none where nothing is gated."""
        gates = len(self._blocks_that_clock())
        if self.chip.clock.gating == "none" and not gates:
            return 0.0
        return trunk_mm(math.sqrt(self.area), gates + tiles)

    def _blocks_that_clock(self) -> list[str]:
        return [name for name in self.clocked if name not in (ALWAYS, _TILES)]

    def enter_gated_clocks(self) -> None:
        """Add the clocks of blocks, and of parts that their own action clocks, one for each part:
        trees of the kind of that around them, over the gated logic.
        """
        for block in self._blocks_that_clock():
            self._enter_clock(block, "clock_tree", self.clocked[block], 1)
        for role, mm2 in self.enabled.items():
            around = "tile_clock" if self.settings[role].boundary == "macro" else "clock_tree"
            self._enter_clock(role, around, mm2, self.components[role].count)

    def _enter_clock(self, name: str, around: str, mm2: float, count: int) -> None:
        """A chip that states the area of its clock itself has none of these: that clock is over all
        logic at once.
        """
        entry = self.settings.get(around)
        followed = _follow_area(entry) if entry else []
        if entry is None or not followed:
            return
        role = clock_of(name)
        if role in self.settings:
            raise InputError(
                f"the clock of {name} is made with the {around} of the chip",
                where=f"{self.chip.origin}: components.{role}",
                got=role,
                hint="give the part another name",
            )
        values = {
            parameter: value
            for parameter, value in self.components[around].parameters.items()
            if entry.parameters.get(parameter) != f"=derived.{_TRUNK}"
        }
        values |= dict.fromkeys(followed, max(_LEAST_MM2, mm2))
        self.components[role] = Component(role, entry.part, values, count, entry.boundary)

    def in_order(self) -> Iterator[Component]:
        """The components in the order of the description, clocks that were made behind them."""
        yield from (self.components[role] for role in self.settings)
        yield from (part for role, part in self.components.items() if role not in self.settings)


def _follow_area(entry: ComponentSettings) -> list[str]:
    """Parameters of a clock that are the area of what it clocks."""
    areas = (f"=derived.{_CLOCKED}", f"=derived.{_TILE_CLOCKED}")
    return [name for name, value in entry.parameters.items() if value in areas]


def priced_ledger(
    ledger: Ledger, inventory: Sequence[Component], chip: Architecture
) -> tuple[Ledger, list[str]]:
    """The counts that have a price, and the chip's `absent` roles that are asked for: those have
    none.

    Raises InputError where the run counts what the chip neither has nor says to be absent, or what
    its part cannot do.
    """
    known = {component.name: find_part(component.part).actions for component in inventory}
    ledger = _without_idle_clocks(ledger, known)
    ledger = with_enabled_clocks(ledger, inventory)
    # A clock tree is asked for by the time a run takes: demanded at once, so that counting alone
    # refuses what a timed run refuses.
    lacking = ({key[0] for key, count in ledger.counts.items() if count} | {"clock_tree"}) - set(
        known
    )
    missing = sorted(lacking - set(chip.absent))
    if missing:
        first = missing[0]
        declare = f'or declare it: absent = ["{first}"], ' if first in OPTIONAL else ""
        raise InputError(
            f"the chip has no {', '.join(missing)}, which this run uses",
            where=f"{chip.origin}: components",
            hint=f"add [components.{first}] to the chip, {declare}or choose another scheme",
        )
    strange = [key for key in ledger.counts if key[0] in known and key[1] not in known[key[0]]]
    if strange:
        role, action, *_ = min(strange)
        part = next(component.part for component in inventory if component.name == role)
        raise InputError(
            f"part '{part}' cannot do what this run asks of it",
            got=f"{role}.{action}",
            where=f"{chip.origin}: components.{role}.part",
            allowed=sorted(known[role]),
        )
    kept = Ledger()
    kept.counts = {key: count for key, count in ledger.counts.items() if key[0] in known}
    asked = {key[0] for key, count in ledger.counts.items() if count} if chip.absent else ()
    return kept, [role for role in chip.absent if role in asked]


def _without_idle_clocks(ledger: Ledger, known: Mapping[str, object]) -> Ledger:
    """The ledger without the clocks of blocks that clock nothing: cycles were counted of each."""
    absent = block_clocks() - known.keys()
    idle = {key for key in ledger.counts if key[0] in absent}
    if not idle:
        return ledger
    kept = Ledger()
    kept.counts = {key: count for key, count in ledger.counts.items() if key not in idle}
    return kept


def absent_note(roles: Sequence[str], chip: Architecture) -> list[str]:
    """A note that names roles which a run asks for and the chip says it is without; empty without
    any.
    """
    return (
        [
            f"{chip.name} states no {', '.join(roles)}: what they would do is counted nowhere and "
            "costs nothing"
        ]
        if roles
        else []
    )
