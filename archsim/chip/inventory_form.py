"""What of an inventory follows from which parts there are, whatever their numbers: the order in which
they are entered, and what clocks them. Most points of a sweep have it in common.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from archsim.chip.clocks import block_that_clocks, is_clocked, is_enabled
from archsim.chip.component_settings import ComponentSettings
from archsim.chip.kept_stages import BuildStage
from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from archsim.schemes.base import Scheme

ALWAYS = "always"
"""What is said to clock logic that nothing stops."""
WITH_THE_TILE = "tile"
"""What is said to clock logic in a tile."""
BY_ITSELF = "itself"
"""What is said to clock a part that its own action clocks."""
CLOCKED = "clocked_area_mm2"
TILE_CLOCKED = "tile_clocked_area_mm2"
TRUNK = "clock_trunk_mm"


class InventoryForm(NamedTuple):
    """The roles of an inventory in the order in which they are entered: parts of tiles; the others;
    links, which follow the floor; clocks, which follow the area of all. `clocked_by` is what clocks a
    role: one of the words above or a block; a role that is not there is not clocked.
    """

    settings: Mapping[str, ComponentSettings]
    in_tiles: tuple[str, ...]
    others: tuple[str, ...]
    links: tuple[str, ...]
    clocks: tuple[str, ...]
    clocked_by: Mapping[str, str]


def form_of(chip: Architecture, settings: Mapping[str, ComponentSettings]) -> InventoryForm:
    """The form of an inventory.

    Args:
        chip: whose settings gate.
        settings: the parts by their roles.
    """
    clocks = _that_follow(settings, CLOCKED, TILE_CLOCKED, TRUNK)
    links = _that_follow(settings, "core_pitch_mm") - clocks
    wires = _that_follow(settings, "core_area_mm2", "bus_mm", "tree_mm") - clocks
    in_tiles = tuple(
        role
        for role, entry in settings.items()
        if entry.boundary == "macro" and role not in wires | clocks | links
    )
    later = {*in_tiles, *clocks, *links}
    return InventoryForm(
        settings,
        in_tiles,
        tuple(role for role in settings if role not in later),
        tuple(role for role in settings if role in links),
        tuple(role for role in settings if role in clocks),
        dict(_clocked(chip, settings)),
    )


def form_with_rule(chip: Architecture, rule: Scheme | None) -> InventoryForm:
    """The form of a chip's parts and those of an update rule; a role that the chip has is kept."""
    settings = dict(chip.components)
    for role, entry in (rule.parts(chip) if rule else {}).items():
        settings.setdefault(role, ComponentSettings.model_validate(entry))
    return form_of(chip, settings)


FORM = BuildStage(form_with_rule, lambda form: len(form.settings))
"""Of a chip and an update rule, the form of its inventory."""


def _that_follow(settings: Mapping[str, ComponentSettings], *names: str) -> set[str]:
    """Roles with a parameter that is one of these derived values."""
    values = {f"=derived.{name}" for name in names}
    return {
        role
        for role, entry in settings.items()
        if entry.followed and not values.isdisjoint(entry.followed.values())
    }


def _clocked(
    chip: Architecture, settings: Mapping[str, ComponentSettings]
) -> Iterable[tuple[str, str]]:
    for role, entry in settings.items():
        try:
            clocked = is_clocked(entry.part)
        except InputError:  # no such part: it is refused where it is priced, with its place
            continue
        if clocked:
            yield role, _clock_of(role, entry, chip)


def _clock_of(role: str, entry: ComponentSettings, chip: Architecture) -> str:
    """What clocks a part of logic: its own action, a block, the tiles, or the clock that always
    runs."""
    if is_enabled(role, entry, chip):
        return BY_ITSELF
    if entry.boundary == "macro":
        # a gate of its own would open with the tile's: only a part that never stops differs
        return ALWAYS if entry.gated is False and chip.tile.clock_gating else WITH_THE_TILE
    return block_that_clocks(role, entry, chip) or ALWAYS
