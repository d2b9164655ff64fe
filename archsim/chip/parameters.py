"""Parameters of parts that follow the settings of a chip, and how many of a part there are."""

from __future__ import annotations

import math
from functools import lru_cache

from pydantic import BaseModel

from archsim.chip.blocks import counted
from archsim.chip.blocks.core import cores_of
from archsim.chip.blocks.matrix_unit import matrix_values
from archsim.chip.component_settings import ComponentSettings
from archsim.chip.config import Architecture
from archsim.chip.core_kinds import paths_of_kinds
from archsim.chip.cores.network_of import network_values
from archsim.chip.plan.row_groups import sum_bits
from hwlib.errors import InputError, nearest

# Derived values that are those of the tiles and cores of one kind.
OF_A_KIND = frozenset(
    {
        "slot_ns",
        "dac_bits",
        "adc_rate_msps",
        "write_pulse_ns",
        "update_pulse_ns",
        "input_register_bits",
        "output_register_bits",
        "shift_add_bits",
        "tiles",
        "cores",
        "groups",
        "mux_inputs",
        "core_area_mm2",
        "bus_mm",
        "tree_mm",
        "tile_clocked_area_mm2",
    }
)


def derived_values(chip: Architecture, tiles: int, whole: int | None = None) -> dict[str, float]:
    """What "=derived.NAME" may name: values that follow from several settings. Times in ns, rates
    in MS/s. The network is that of `whole` tiles, None: of these.
    """
    cycle_ns = 1e3 / chip.clock_mhz
    read = chip.read
    tile = chip.tile
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
        "output_register_bits": outputs * sum_bits(chip),
        "shift_add_bits": sum_bits(chip) + 1,
        # a chip whose weights are on no array has no tile; its bus still has an end
        "tiles": max(1, tiles),
        "cores": cores_of(chip, tiles),
        "core_tiles": chip.core.tiles or max(1, tiles),
        **network_values(chip, cores_of(chip, tiles if whole is None else whole)),
        **matrix_values(chip),
        "groups": read.columns_per_adc,
        "mux_inputs": read.columns_per_adc
        + (-(-tile.rows // chip.adcs_per_tile) if read.transposed else 0),
    }


def instances(component: ComponentSettings, chip: Architecture, tiles: int) -> int:
    """How many of a component a chip has, `tiles` of whose tiles have it."""
    word = component.per
    block = counted().get(word)
    if block is not None:
        each = block.parts(chip, tiles)
    elif word == "chip":
        each = 1
    elif word == "cluster":
        each = math.ceil(tiles / chip.tile_cluster)
    else:
        each = _in_a_tile(word, chip) * tiles
    return math.ceil(each * component.count - 1e-9)


def _in_a_tile(word: str, chip: Architecture) -> int:
    tile = chip.tile
    both = chip.read.transposed
    if word == "tile":
        return 1
    if word == "adc":
        return chip.adcs_per_tile
    if word == "row" or word == "driven" and not both:
        return tile.rows
    if word == "column" or word == "sensed" and not both:
        return tile.columns
    if word in ("line", "driven", "sensed"):
        return tile.rows + tile.columns
    if word == "cell":
        return tile.rows * tile.columns
    raise KeyError(word)


def is_of_a_kind(component: ComponentSettings) -> bool:
    """Whether cores of several kinds have a part each in their own way: one of a tile, and one of a
    core that follows what a kind may have otherwise.
    """
    block = counted().get(component.per)
    if block is None:
        return component.per != "chip"
    followed = {value[1:].strip() for value in component.followed.values()}
    own = {f"derived.{name}" for name in OF_A_KIND} | set(paths_of_kinds())
    return block.in_every_core and not followed.isdisjoint(own)


@lru_cache(maxsize=4096)
def _path_of(value: str) -> tuple[str, ...]:
    return tuple(value[1:].strip().split("."))


def named_derived(value: str) -> str:
    """The derived value that "=derived.NAME" names; empty for another path."""
    path = _path_of(value)
    return path[1] if path[0] == "derived" and len(path) == 2 else ""


def resolve(value: object, chip: Architecture, derived: dict[str, float], where: str) -> object:
    """The value of a parameter: itself, or what "=field.path" or "=derived.NAME" points to."""
    if not (isinstance(value, str) and value.startswith("=")):
        return value
    path = _path_of(value)
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
