"""The model's side of isaac32.toml: the component table out of the inventory of the built-in chip
isaac32.
"""

from __future__ import annotations

import functools
from functools import partial
from typing import NamedTuple

import archsim
from archsim.chip.components import build_inventory
from archsim.chip.plan.tile_timing import read_timing
from archsim.cost.spread import Spread
from archsim.validation.model import Model, energy_of
from archsim.validation.workloads import one_matrix
from hwlib import find_part, price
from hwlib.parts.isaac import Isaac

# Shafiee et al. 2016, Table I: 168 tiles of 12 in-situ multiply-accumulate units.
_TILES = 168
_IMAS = 12 * 168
# How often the item that a line of the published table stands for is on the chip.
_LINES: dict[str, float] = {
    name: _IMAS
    for name in (
        "adc",
        "dac",
        "front_end",
        "array",
        "shift_add",
        "input_register",
        "output_register",
    )
}
_LINES |= {
    name: _TILES
    for name in (
        "buffer",
        "interconnect",
        "sigmoid",
        "tile_shift_add",
        "max_pool",
        "tile_output_register",
    )
}
# Four tiles share a router; the link between chips is one.
_LINES |= {"router": _TILES / 4, "hyper_transport": 1}


class Item(NamedTuple):
    """All instances of a component on the chip: area in mm2 and published peak power in W."""

    area: float
    power: float


@functools.cache
def _chip() -> dict[str, Item]:
    """By component, nothing off the chip."""
    chip = archsim.load_architecture("isaac32")
    crossbars = chip.tile.count
    if crossbars == "auto":
        raise RuntimeError("isaac32 does not say how many crossbars it has")
    items = {}
    for component in build_inventory(chip, crossbars):
        if component.boundary == "system":
            continue
        part = find_part(component.part)
        if not issubclass(part, Isaac):
            raise RuntimeError(f"{component.name} is no item of the published table")
        area = price(component.part, component.parameters, chip.node_nm).area.value * 1e-6
        items[component.name] = Item(
            area * component.count, part.peak_power().value * component.count
        )
    return items


def item_of(name: str) -> Item:
    """All instances of a component on the chip."""
    return _chip()[name]


def _area(name: str, count: float) -> float:
    return _chip()[name].area / count


def _power_mw(name: str, count: float) -> float:
    return _chip()[name].power / count * 1e3


def _mvm_latency() -> float:
    """PUMA runs the converters, and with them everything, at 1 GHz."""
    chip = archsim.load_architecture("isaac32", {"clock_mhz": 1000.0})
    return read_timing(chip, chip.tile.columns).latency / chip.clock_mhz * 1e3


def _mvm_energy() -> Spread:
    result = archsim.simulate(one_matrix(128, 128), "isaac32", timing=False)
    return energy_of(result.boundaries["macro"]).times(1e9)


MODELS: dict[str, Model] = {
    "isaac32.chip_area": lambda: sum(item.area for item in _chip().values()),
    "isaac32.chip_power": lambda: sum(item.power for item in _chip().values()),
    "puma.mvm_latency": _mvm_latency,
    "puma.mvm_energy": _mvm_energy,
}
for _name, _count in _LINES.items():
    MODELS[f"isaac32.{_name}_area"] = partial(_area, _name, _count)
    MODELS[f"isaac32.{_name}_power"] = partial(_power_mw, _name, _count)
