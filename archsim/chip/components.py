"""From a chip description to its inventory: which parts, with which parameters, how many of each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from archsim.chip.config import Architecture, ComponentSettings
from archsim.chip.parameters import derived_values, instances, resolve
from archsim.chip.roles import OPTIONAL
from archsim.ledger.component import Component
from archsim.ledger.ledger import Ledger
from hwlib import find_part, price
from hwlib.errors import InputError

# Parts of these groups hold flip-flops on the clock; arrays, converters and memories have their own
# timing.
CLOCKED_GROUPS = ("digital", "control", "stochastic")


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
    clocks = parts.that_follow("clocked_area_mm2", "tile_clocked_area_mm2")
    wires = parts.that_follow("core_area_mm2", "bus_mm", "tree_mm") - clocks
    for role, entry in settings.items():
        if entry.boundary == "macro" and role not in wires | clocks:
            parts.enter(role)
    side = max(0.01, math.sqrt(parts.area))
    # A bus runs along one side and half of the other; an H-tree's way from the root to a leaf is
    # one side in all.
    parts.derived |= {"core_area_mm2": parts.area, "bus_mm": 1.5 * side, "tree_mm": side}
    for role in settings:
        if role not in parts.components and role not in clocks:
            parts.enter(role)
    with_clock = max(1, tiles - without.get("tile_clock", 0))
    parts.derived |= {
        "clocked_area_mm2": max(1e-4, parts.clocked["chip"]),
        "tile_clocked_area_mm2": max(1e-4, parts.clocked["macro"] / with_clock),
    }
    for role in settings:
        if role in clocks:
            parts.enter(role)
    return tuple(parts.components[role] for role in settings)


class _Assembly:
    """Components that are entered one by one, since some follow the area of those before them.

    `area` is that of all so far inside the chip's boundary, `clocked` that of logic and registers
    by boundary, both in mm2; `derived` is what parameters may name.
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
        self.clocked = {"macro": 0.0, "chip": 0.0, "system": 0.0}

    def that_follow(self, *names: str) -> set[str]:
        """Roles with a parameter that is one of these derived values."""
        values = {f"=derived.{name}" for name in names}
        return {
            role
            for role, entry in self.settings.items()
            if any(str(value) in values for value in entry.parameters.values())
        }

    def enter(self, role: str) -> None:
        """Add the component of a role, and its area."""
        entry = self.settings[role]
        where = f"{self.chip.origin}: components.{role}"
        values = {
            name: resolve(value, self.chip, self.derived, f"{where}.parameters.{name}")
            for name, value in entry.parameters.items()
        }
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
        if find_part(entry.part).group in CLOCKED_GROUPS:
            self.clocked[entry.boundary] += mm2


def priced_ledger(
    ledger: Ledger, inventory: Sequence[Component], chip: Architecture
) -> tuple[Ledger, list[str]]:
    """The counts that have a price, and the chip's `absent` roles that are asked for: those have
    none.

    Raises InputError where the run counts what the chip neither has nor says to be absent, or what
    its part cannot do.
    """
    known = {component.name: find_part(component.part).actions for component in inventory}
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
