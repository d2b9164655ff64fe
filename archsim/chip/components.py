"""From a chip description to its inventory: which parts, with which parameters, how many of each."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from archsim.chip.blocks import counted
from archsim.chip.config import Architecture, ComponentSettings
from archsim.chip.roles import OPTIONAL
from archsim.ledger.component import Component
from archsim.ledger.ledger import Ledger
from hwlib import find_part, price
from hwlib.errors import InputError, nearest

# Parts of these groups hold flip-flops on the clock; arrays, converters and memories have their own
# timing.
CLOCKED_GROUPS = ("digital", "control", "stochastic")


def derived_values(chip: Architecture, tiles: int) -> dict[str, float]:
    """What "=derived.NAME" may name: values that follow from several settings. Times in ns, rates
    in MS/s.
    """
    cycle_ns = 1e3 / chip.clock_mhz
    read, tile = chip.read, chip.tile
    # a tile that is read in both directions holds the longer vector on either side
    inputs = outputs = max(tile.rows, tile.columns)
    if not read.transposed:
        inputs, outputs = tile.rows, tile.columns
    return {
        "cycle_ns": cycle_ns,
        "slot_ns": read.slot_cycles * cycle_ns,
        "dac_bits": min(read.bits_per_slot, read.input_bits)
        if read.input == "bit_serial"
        else read.input_bits,
        "adc_rate_msps": chip.clock_mhz / read.conversion_cycles,
        "write_pulse_ns": chip.write.pulse_cycles * cycle_ns,
        "update_pulse_ns": chip.update.pulse_cycles * cycle_ns,
        "input_register_bits": inputs * read.input_bits,
        "output_register_bits": outputs * read.sum_bits,
        "shift_add_bits": read.sum_bits + 1,
        "tiles": tiles,
        "groups": read.columns_per_adc,
        "mux_inputs": read.columns_per_adc
        + (-(-tile.rows // chip.adcs_per_tile) if read.transposed else 0),
    }


def instances(component: ComponentSettings, chip: Architecture, tiles: int) -> int:
    """How many of a component a chip has, `tiles` of whose tiles have it."""
    by_word = {
        "cell": chip.tile.rows * chip.tile.columns * tiles,
        "row": chip.tile.rows * tiles,
        "column": chip.tile.columns * tiles,
        "line": (chip.tile.rows + chip.tile.columns) * tiles,
        "driven": (chip.tile.rows + (chip.tile.columns if chip.read.transposed else 0)) * tiles,
        "sensed": (chip.tile.columns + (chip.tile.rows if chip.read.transposed else 0)) * tiles,
        "adc": chip.adcs_per_tile * tiles,
        "tile": tiles,
        "cluster": math.ceil(tiles / chip.tile_cluster),
        "chip": 1,
    } | {word: block.parts(chip) for word, block in counted().items()}
    each = by_word[component.per]
    return math.ceil(each * component.count - 1e-9)


def resolve(value: object, chip: Architecture, derived: dict[str, float], where: str) -> object:
    """The value of a parameter: itself, or what "=field.path" or "=derived.NAME" points to."""
    if not (isinstance(value, str) and value.startswith("=")):
        return value
    path = value[1:].strip().split(".")
    if path[0] == "derived":
        if len(path) != 2 or path[1] not in derived:
            raise InputError(
                "unknown derived value",
                where=where,
                got=value,
                allowed=sorted(derived),
                hint=nearest(path[-1], derived),
            )
        return derived[path[1]]
    value_there: object = chip
    for key in path:
        fields = type(value_there).model_fields if isinstance(value_there, BaseModel) else {}
        if key not in fields:
            raise InputError(
                "no such setting to follow",
                where=where,
                got=value,
                allowed=sorted(fields) + ["derived"],
                hint=nearest(key, list(fields) + ["derived"]),
            )
        value_there = getattr(value_there, key)
    if isinstance(value_there, BaseModel):
        raise InputError(
            "a group of settings, not a value",
            where=where,
            got=value,
            allowed=sorted(f"{value}.{name}" for name in type(value_there).model_fields),
        )
    return value_there


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
    # dictionaries are not hashable: the key is the settings as text, which is what makes two chips
    # equal here
    lacking = tuple(sorted((without or {}).items()))
    return list(
        _build(
            chip.model_dump_json(by_alias=True),
            repr(sorted(settings.items())),
            tiles,
            node,
            lacking,
            _Carrier(chip, settings),
        )
    )


class _Carrier:
    """Carries unhashable arguments past the cache; equal to every other carrier, since the key
    texts tell them apart.
    """

    def __init__(self, chip: Architecture, settings: dict[str, ComponentSettings]):
        self.chip, self.settings = chip, settings

    def __hash__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Carrier)


@functools.lru_cache(maxsize=256)
def _build(
    chip_key: str,
    settings_key: str,
    tiles: int,
    node: float,
    lacking: tuple[tuple[str, int], ...],
    carrier: _Carrier,
) -> tuple[Component, ...]:
    return assemble(carrier.chip, carrier.settings, tiles, node, dict(lacking))


def assemble(
    chip: Architecture,
    settings: dict[str, ComponentSettings],
    tiles: int,
    node: float,
    without: Mapping[str, int],
) -> tuple[Component, ...]:
    """The components of `settings` on a chip with `tiles` tiles; `build_inventory` without its
    cache.
    """
    derived = derived_values(chip, tiles)
    found: dict[str, Component] = {}
    area, clocked = 0.0, {"macro": 0.0, "chip": 0.0, "system": 0.0}

    def enter(role: str) -> None:
        nonlocal area
        entry = settings[role]
        where = f"{chip.origin}: components.{role}"
        values = {
            k: resolve(v, chip, derived, f"{where}.parameters.{k}")
            for k, v in entry.parameters.items()
        }
        component = Component(
            role,
            entry.part,
            values,
            instances(entry, chip, tiles - without.get(role, 0)),
            entry.boundary,
        )
        try:
            priced = price(entry.part, values, node)
        except InputError as error:
            raise InputError(
                error.what,
                where=f"{where}: {error.where}".rstrip(": "),
                got=error.got,
                allowed=error.allowed,
                hint=error.hint,
            ) from None
        found[role] = component
        mm2 = priced.area.value * component.count * 1e-6 if entry.boundary != "system" else 0.0
        area += mm2
        clocked[entry.boundary] += mm2 if find_part(entry.part).group in CLOCKED_GROUPS else 0.0

    def follows(role: str, *names: str) -> bool:
        return any(
            str(v) in {f"=derived.{n}" for n in names} for v in settings[role].parameters.values()
        )

    clocks = [
        role for role in settings if follows(role, "clocked_area_mm2", "tile_clocked_area_mm2")
    ]
    wires = [
        role
        for role in settings
        if role not in clocks and follows(role, "core_area_mm2", "bus_mm", "tree_mm")
    ]
    for role in settings:
        if settings[role].boundary == "macro" and role not in wires + clocks:
            enter(role)
    side = max(0.01, math.sqrt(area))
    # A bus runs along one side and half of the other; an H-tree's way from the root to a leaf is
    # one side in all.
    derived |= {"core_area_mm2": area, "bus_mm": 1.5 * side, "tree_mm": side}
    for role in settings:
        if role not in found and role not in clocks:
            enter(role)
    with_clock = max(1, tiles - without.get("tile_clock", 0))
    derived |= {
        "clocked_area_mm2": max(1e-4, clocked["chip"]),
        "tile_clocked_area_mm2": max(1e-4, clocked["macro"] / with_clock),
    }
    for role in clocks:
        enter(role)
    return tuple(found[role] for role in settings)


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
            f"{chip.name} states no {', '.join(roles)}: what they would do is counted nowhere and costs nothing"
        ]
        if roles
        else []
    )
