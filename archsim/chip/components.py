"""From a chip description to its inventory: which parts, with which parameters, how many of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from archsim.chip.assembly import Assembly
from archsim.chip.clocks import block_clocks, with_enabled_clocks
from archsim.chip.component_settings import ComponentSettings
from archsim.chip.config import Architecture
from archsim.chip.inventory_form import InventoryForm, form_of
from archsim.chip.kept_parts import KeptParts
from archsim.chip.placement import TilesOfKind
from archsim.chip.roles import OPTIONAL
from archsim.ledger.component import Component
from archsim.ledger.ledger import Ledger
from hwlib import find_part
from hwlib.errors import InputError
from hwlib.pricing import edition


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
    return list(assemble(chip, form_of(chip, settings), tiles, node, without or {}))


def assemble(
    chip: Architecture,
    form: InventoryForm,
    tiles: int,
    node: float,
    without: Mapping[str, int],
    kinds: Sequence[TilesOfKind] = (),
    kept: KeptParts | None = None,
) -> tuple[Component, ...]:
    """The components of `form` on a chip with `tiles` tiles, those of `kinds` where its cores are
    not alike, in their order, parts that are `kept` from there; see `build_inventory`.
    """
    kinds = kinds or (TilesOfKind("", tiles, without),)
    parts = Assembly(chip, form, node, kinds, kept or KeptParts())
    parts.enter(form.in_tiles)
    parts.measure_cores()
    parts.enter(form.others)
    parts.measure_pitch()
    parts.enter(form.links)
    parts.measure_clocks()
    parts.enter(form.clocks)
    parts.enter_gated_clocks()
    return tuple(parts.in_order())


def priced_ledger(
    ledger: Ledger, inventory: Sequence[Component], chip: Architecture
) -> tuple[Ledger, list[str]]:
    """The counts that have a price, and the chip's `absent` roles that are asked for: those have
    none.

    Raises InputError where the run counts what the chip neither has nor says to be absent, or what
    its part cannot do.
    """
    known = _abilities(tuple([(item.name, item.part) for item in inventory]), edition())
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


@lru_cache(maxsize=256)
def _abilities(
    parts: tuple[tuple[str, str], ...], of_edition: int
) -> Mapping[str, Mapping[str, str]]:
    """The actions of each component.

    Args:
        parts: of each component its name and its part.
        of_edition: of the library.
    """
    return {name: find_part(part).actions for name, part in parts}


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
