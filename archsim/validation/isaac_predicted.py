"""The built-in chip isaac32 with predicted parts in place of its component table.

Crossbars with all that the table puts at them are those of the description by the rule for all chips
(`archsim.validation.chips`), no figure of which is ISAAC's. What a tile has besides is of hwlib:
SRAM for its eDRAM and output register, lanes of a vector unit for sigmoid and max-pool, shift-and-add.
Bus, routers and links between chips keep the table's figures: their lengths and ports are not stated,
and hwlib's router is ISAAC's. Powers are those at work, as in the table: every unit at its published
rate.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

from archsim.cost.spread import Spread, total
from archsim.validation.chips.facts import read_facts
from archsim.validation.chips.priced import price_cores
from archsim.validation.isaac32 import item_of
from hwlib import price
from hwlib.figures import figure

KEPT = ("interconnect", "router", "hyper_transport")
"""Items whose figures stay those of the table."""
_TILES = 168
_CROSSBARS = 168 * 12 * 8
_NODE_NM = 32.0


@functools.cache
def predicted_chip() -> tuple[Spread, Spread]:
    """Area in mm2 and power at work in W of the chip, with their ranges."""
    units = _units()
    kept = [item_of(name) for name in KEPT]
    areas = [area for area, _ in units] + [_exact(item.area) for item in kept]
    powers = [power for _, power in units] + [_exact(item.power) for item in kept]
    return total(areas), total(powers)


def _units() -> list[tuple[Spread, Spread]]:
    clock = 1 / figure("isaac.clock_time").value
    access = 1 / figure("isaac.edram_time").value
    cycle = figure("isaac.cycle_time").value
    # The codes of 8 crossbars of 128 columns, added by four units in one cycle of 100 ns.
    added = 8 * 128 / 4 / cycle
    lookups, comparisons = {"lookup": clock}, {"compare": clock}
    buffer = {"capacity_kib": 64, "width_bits": 256}
    outputs = {"capacity_kib": 3, "width_bits": 256}
    return [
        _crossbars(),
        _part("sram", buffer, _TILES, {"read": access}),
        _part("sram", outputs, _TILES, {"read": clock / 2, "write": clock / 2}),
        _part("shift_add", {"bits": 16}, _TILES * 12 * 4, {"add": added}),
        _part("shift_add", {"bits": 16}, _TILES, {"add": clock}),
        _part("vector_lane", {}, 2 * _TILES, lookups),
        _part("vector_lane", {}, _TILES, comparisons),
    ]


def _crossbars() -> tuple[Spread, Spread]:
    """All crossbars with drivers, converters and registers: what the table has a line for."""
    facts = read_facts()["isaac2016"]
    (point,) = facts.points
    # No row of a fit is ISAAC's: there is nothing to leave out.
    (core,) = price_cores([(facts, point)])
    inside = facts.not_in_table
    area = _share(core.area_by_part, inside)
    energy = _share(core.energy_by_part, inside)
    # pJ over ns are mW
    power = core.energy_pj.times(energy / point.invocation_ns * 1e-3 * _CROSSBARS)
    return core.parts_mm2.times(area * _CROSSBARS), power


def _share(by_part: Mapping[str, float], beyond: tuple[str, ...]) -> float:
    held = sum(one for role, one in by_part.items() if role not in beyond)
    return held / sum(by_part.values())


def _part(
    name: str, parameters: Mapping[str, object], count: int, rates: Mapping[str, float]
) -> tuple[Spread, Spread]:
    """Area in mm2 and power in W of so many instances, each of which does its actions at rates in Hz."""
    one = price(name, parameters, _NODE_NM)
    area = Spread(one.area.value, one.area.low, one.area.high).times(count * 1e-6)
    power = Spread(one.leakage.value, one.leakage.low, one.leakage.high)
    for action, rate in rates.items():
        energy = one.energy[action]
        power = power.plus(Spread(energy.value, energy.low, energy.high).times(rate))
    return area, power.times(count)


def _exact(value: float) -> Spread:
    return Spread(value, value, value)


MODELS = {
    "isaac_predicted.chip_area": lambda: predicted_chip()[0],
    "isaac_predicted.chip_power": lambda: predicted_chip()[1],
}
