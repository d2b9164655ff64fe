"""The ISAAC chip put together again from its published items (ISCA 2016, Table I)."""

from __future__ import annotations

from typing import NamedTuple

from hwlib.parts.isaac import Isaac
from hwlib.pricing import find_part
from hwlib.quantity import Quantity, total

TILES = 168
# Items of one tile (12 IMAs of 8 crossbars); the router is shared by four tiles. The chip adds one
# hyper_transport.
ITEMS_PER_TILE = {
    "isaac_adc": 96,
    "isaac_dac": 12 * 8 * 128,
    "isaac_sample_hold": 12 * 8 * 128,
    "isaac_crossbar": 96,
    "isaac_shift_add": 48,
    "isaac_input_register": 12,
    "isaac_output_register": 12,
    "isaac_edram": 1,
    "isaac_bus": 1,
    "isaac_router": 0.25,
    "isaac_sigmoid": 2,
    "isaac_tile_shift_add": 1,
    "isaac_max_pool": 1,
    "isaac_tile_output_register": 1,
}


class PeakOfChip(NamedTuple):
    """Power in W with every item busy, and area in um2."""

    power: Quantity
    area: Quantity


def recompose(tiles: int = TILES) -> PeakOfChip:
    """Sum the items of a chip.

    Args:
        tiles: number of tiles; the published chip has 168.

    Returns:
        peak power in W and area in um2 of the tiles and of the links off the chip.

    Source:
        Shafiee et al., ISCA 2016, Table I.
    """
    counts = {name: count * tiles for name, count in ITEMS_PER_TILE.items()}
    counts["isaac_hyper_transport"] = 1
    items = {name: _item(name) for name in counts}
    return PeakOfChip(
        total("W", [items[name].peak_power().times(count) for name, count in counts.items()]),
        total("um2", [items[name]().area().times(count) for name, count in counts.items()]),
    )


def _item(name: str) -> type[Isaac]:
    part = find_part(name)
    assert issubclass(part, Isaac), name
    return part
