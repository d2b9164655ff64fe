"""Conditions that a part works under: supply, temperature and flavour of the process.

What they move, by the scaling class of the number:

    supply       energy and delay of logic and memories by the published polynomials of the node;
                 charge of wires, clocks, lines and capacitors as V^2; analogue parts as V^2, with
                 the range from V (a bias current that stays) up; array voltages are their own.
                 Leakage as a power of V: the current and what the drain does to the barrier.
    temperature  leakage, by the off currents of a device table of the flavour. Energies and delays
                 are taken as kept.
    flavour      `low_power` is that of all figures; `general_purpose` is faster, at a lower
                 supply, and leaks by a ratio of two libraries.

Outside the range of a law a condition is refused.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from hwlib.effects import Effects
from hwlib.errors import InputError
from hwlib.figures import figure
from hwlib.node_levels import delay_level, energy_level, fast_supply_voltage, supply_voltage
from hwlib.parameter import Parameter
from hwlib.quantity import Quantity, derive

FLAVOURS = ("low_power", "general_purpose")
ROOM_C = 25.0
"""Temperature of all figures."""
CONDITIONS = (
    Parameter(
        "supply_v",
        0.0,
        0.0,
        2.1,
        "V",
        note="0: nominal of the node and flavour",
        effects=Effects(energy="up"),
    ),
    Parameter("temperature_c", ROOM_C, ROOM_C, 125.0, "C", effects=Effects(energy="up")),
    Parameter("flavour", "low_power", choices=FLAVOURS, effects=Effects(energy="any")),
)
"""Parameters that every part takes beside its own."""
# Of the nominal supply: the printed polynomials are monotone there at every node.
_LEAST, _MOST = 0.7, 1.15
_POLYNOMIAL = ("logic", "sram")
_CHARGE = ("wire", "clock", "matched", "pitch", "sram_array")
_OWN_VOLTAGE = ("cell", "access_cell", "high_voltage", "none")
# Temperatures of the device table in C, and how its devices are called there.
_TABLE_C = (27.0, 77.0, 127.0)
_DEVICE = {"low_power": "low_standby", "general_purpose": "low_operating"}


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a part works under; `supply_v` of 0 is the nominal one of its node and flavour."""

    supply_v: float = 0.0
    temperature_c: float = ROOM_C
    flavour: str = "low_power"


NOMINAL = Conditions()


def conditions_of(values: Mapping[str, object], where: str) -> Conditions:
    """The conditions among the values of a part.

    Raises:
        InputError: for one out of range.
    """
    # Nearly always: prices under the conditions of all figures take no law at all, so their bits
    # stay.
    if not any(parameter.name in values for parameter in CONDITIONS):
        return NOMINAL
    supply, temperature, flavour = (
        parameter.check(values.get(parameter.name, parameter.default), f"{where}.{parameter.name}")
        for parameter in CONDITIONS
    )
    return Conditions(float(supply), float(temperature), str(flavour))


def supply_under(conditions: Conditions, node_nm: float) -> Quantity:
    """The supply in V at a node.

    Raises:
        InputError: for a supply outside 0.7 to 1.15 of the nominal one, and for a flavour that the
            law does not have at the node.
    """
    nominal = _nominal(conditions, node_nm)
    if not conditions.supply_v:
        # Zero is no supply, so it may stand for the nominal one, which differs by node.
        return nominal
    low, high = _LEAST * nominal.value, _MOST * nominal.value
    if not low <= conditions.supply_v <= high:
        raise InputError(
            f"outside the range of the laws of supply at {node_nm:g} nm",
            where="supply_v",
            got=conditions.supply_v,
            allowed=f"{low:.3g} to {high:.3g} V",
        )
    volts = conditions.supply_v
    return Quantity(volts, volts, volts, "V", "given supply")


def under(
    quantity: Quantity, what: str, scaling: str, node_nm: float, conditions: Conditions
) -> Quantity:
    """A quantity of a node under conditions.

    Args:
        quantity: the number at its node, under the conditions of all figures.
        what: area, energy, delay or leakage.
        scaling: its scaling class.
        node_nm: the node in nm.
        conditions: supply, temperature and flavour.

    Returns:
        the number; itself where nothing moves it.

    Raises:
        InputError: for conditions outside the laws.

    Source:
        Stillmaker & Baas 2017 for supplies; the figures name their own.
    """
    # Layouts are drawn for a node, whatever runs on them; what is off the chip has a supply of its
    # own.
    if conditions == NOMINAL or what == "area" or scaling == "none":
        return quantity
    supply = supply_under(conditions, node_nm)
    if what == "leakage":
        factors = _leakage(supply, node_nm, conditions)
    elif scaling in _OWN_VOLTAGE:
        return quantity
    elif scaling in _POLYNOMIAL:
        factors = _polynomial(what, supply, node_nm, conditions)
    elif what == "energy":
        factors = (_charge(supply, node_nm, scaling),)
    else:
        return quantity  # delays of wires, analogue parts and arrays are choices of their design
    for factor in factors:
        quantity = derive(factor.formula, quantity.unit, _times, quantity, factor)
    return quantity


def _times(value: float, factor: float) -> float:
    return value * factor


def _nominal(conditions: Conditions, node_nm: float) -> Quantity:
    if conditions.flavour == "low_power":
        return supply_voltage(node_nm)
    return fast_supply_voltage(node_nm)


def _charge(supply: Quantity, node_nm: float, scaling: str) -> Quantity:
    """V^2 over the nominal one; of an analogue part down to V alone."""
    # Over the low-power supply in both flavours: that is where all figures stand.
    ratio = supply.value / supply_voltage(node_nm).value
    square = ratio**2
    ends = (square, square) if scaling in _CHARGE else (min(ratio, square), max(ratio, square))
    return Quantity(square, *ends, "1", f"charge at {supply.value:.3g} V: V^2", (supply,))


def _polynomial(
    what: str, supply: Quantity, node_nm: float, conditions: Conditions
) -> tuple[Quantity, ...]:
    """The published law of the node. Of the fast flavour it prints one too, whose delay turns back
    near its nominal supply: it gives the ratio of the flavours there, and the low-power row, at
    like shares of the nominal supply, what a supply moves.
    """
    level = {"energy": energy_level, "delay": delay_level}[what]
    nominal = _nominal(conditions, node_nm)
    low_power = supply_voltage(node_nm).value
    share = supply.value / nominal.value
    by_supply = derive(
        f"{what} at {supply.value:.3g} V over that at {nominal.value:.3g} V",
        "1",
        lambda given, usual: given / usual,
        # At a like share of the low-power supply: the printed high-performance delay turns back up
        # near its nominal supply, where a ratio of it would say that more voltage is slower.
        level(node_nm, share * low_power),
        level(node_nm),
    )
    if conditions.flavour == "low_power":
        return (by_supply,)
    by_flavour = derive(
        f"{what} of the fast flavour over the low-power one",
        "1",
        lambda fast, slow: fast / slow,
        level(node_nm, nominal.value, "hp"),
        level(node_nm),
    )
    return by_flavour, by_supply


def _leakage(supply: Quantity, node_nm: float, conditions: Conditions) -> tuple[Quantity, ...]:
    share = supply.value / _nominal(conditions, node_nm).value
    by_supply = derive(
        f"leakage at {share:.3g} of the nominal supply",
        "1",
        # A power between the current (V) and what the drain does to the barrier, which is steeper:
        # the figure's range spans both.
        lambda exponent: share**exponent,
        figure("leakage.supply_exponent"),
    )
    factors = (by_supply, _by_temperature(conditions))
    if conditions.flavour == "low_power":
        return factors
    ratio = figure("leakage.general_purpose")
    return (*factors, derive("leakage of general purpose", "1", lambda value: value, ratio))


def _by_temperature(conditions: Conditions) -> Quantity:
    """Between two temperatures of the table the logarithm is a straight line; below the first one
    the line of the first two holds on.
    """
    warm = conditions.temperature_c
    upper = 1 if warm <= _TABLE_C[1] else 2
    cold, hot = _TABLE_C[upper - 1 : upper + 1]
    device = _DEVICE[conditions.flavour]

    def at(celsius: float, first: float, second: float, third: float) -> float:
        low, high = (first, second) if celsius <= _TABLE_C[1] else (second, third)
        begin = _TABLE_C[0] if celsius <= _TABLE_C[1] else _TABLE_C[1]
        return low * math.pow(high / low, (celsius - begin) / (hot - cold))

    return derive(
        f"off current at {warm:g} C over that at {ROOM_C:g} C, log interpolation",
        "1",
        lambda *table: at(warm, *table) / at(ROOM_C, *table),
        *(figure(f"leakage.{device}_{celsius:g}") for celsius in _TABLE_C),
    )
