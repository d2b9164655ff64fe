"""The model's side of isaac32.toml: the component table out of the inventory of the built-in chip
isaac32.
"""

from __future__ import annotations

import functools

import archsim
from archsim.chip.components import build_inventory
from archsim.chip.plan.tile_timing import read_timing
from archsim.validation.workloads import one_matrix
from hwlib import find_part, price

_TILES, _IMAS = 168, 12 * 168
# How often the item that a line of the published table stands for is on the chip.
_LINES = {
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
_LINES |= {"router": _TILES / 4, "hyper_transport": 1}


@functools.cache
def _chip() -> dict[str, tuple[float, float]]:
    """Component -> area in mm2 and published peak power in W of all its instances on the chip
    (nothing off it).
    """
    chip = archsim.load_architecture("isaac32")
    found = {}
    for item in build_inventory(chip, chip.tile.count):
        if item.boundary != "system":
            area = price(item.part, item.parameters, chip.node_nm).area.value * 1e-6
            found[item.name] = (
                area * item.count,
                find_part(item.part).peak_power().value * item.count,
            )
    return found


def _mvm_latency() -> float:
    """PUMA runs the converters, and with them everything, at 1 GHz."""
    chip = archsim.load_architecture("isaac32", {"clock_mhz": 1000.0})
    return read_timing(chip, chip.tile.columns).latency / chip.clock_mhz * 1e3


def _mvm_energy() -> tuple[float, float, float]:
    macro = archsim.simulate(one_matrix(128, 128), "isaac32", timing=False).boundaries["macro"]
    return macro["energy_j"] * 1e9, *(value * 1e9 for value in macro["energy_j_range"])


MODELS = {
    "isaac32.chip_area": lambda: sum(area for area, _ in _chip().values()),
    "isaac32.chip_power": lambda: sum(power for _, power in _chip().values()),
    "puma.mvm_latency": _mvm_latency,
    "puma.mvm_energy": _mvm_energy,
}
for _name, _count in _LINES.items():
    MODELS[f"isaac32.{_name}_area"] = lambda name=_name, count=_count: _chip()[name][0] / count
    MODELS[f"isaac32.{_name}_power"] = lambda name=_name, count=_count: (
        _chip()[name][1] / count * 1e3
    )
