"""Scaling between technology nodes after Stillmaker & Baas 2017: one factor a node, exact ratios,
refused outside its range.

A. Stillmaker, B. Baas, "Scaling equations for the accurate prediction of CMOS device performance
from 180 nm to 7 nm", Integration 58 (2017). Energy and delay are polynomials in the supply voltage,
area is a table. Between two nodes of the paper the logarithm is interpolated in log(node): that is
our choice, 40, 28 and 22 nm are no nodes of the paper.

What scales how:
    logic   area, energy and delay by the published law, low-power rows from 45 nm down, at each
            node's nominal voltage.
    cell    area as F^2; energy and delay are set by voltage, conductance and pulse, not by the
            node.
    wire    energy of a wire of given length as V^2; its repeaters' area as logic; delay stays.
    clock   wires to the flip-flops of a given area: energy as V^2 / F, since they are as long as
            the root of their number; the rest as logic.
    none    not on the node at all (off-chip memory, geometry fixed by a parameter): nothing
            changes.
    analog, access_cell, matched, high_voltage, pitch, sram, sram_array:
            laws of their own (hwlib.node_laws).

Leakage is never scaled by node: the flavour of the process decides it (two 40/45-nm libraries
differ 150 times).
"""

from __future__ import annotations

import functools

from hwlib.node_laws import OWN_CLASSES, line_factor, own_law
from hwlib.node_levels import LAW, area_level, bracket_of, delay_level, energy_level, supply_voltage
from hwlib.quantity import Quantity, derive

SCALING_CLASSES = ("logic", "cell", "wire", "clock", "none", *OWN_CLASSES)
QUANTITIES = ("area", "energy", "delay", "leakage")


def scale(
    quantity: Quantity, what: str, from_nm: float, to_nm: float, scaling_class: str
) -> Quantity:
    """A quantity of one node expressed at another; there and back gives the same value.

    Args:
        quantity: the number at its own node.
        what: area, energy, delay or leakage.
        from_nm: its node in nm.
        to_nm: the node in nm that is asked for.
        scaling_class: one of SCALING_CLASSES.

    Returns:
        the number at `to_nm`, its range widened by that of the law.

    Raises:
        InputError: where a node lies outside the range of the law (7 to 180 nm).

    Source:
        Stillmaker & Baas 2017.
    """
    if what not in QUANTITIES or scaling_class not in SCALING_CLASSES:
        raise ValueError(f"cannot scale '{what}' by class '{scaling_class}'")
    factor = scaling_factor(what, float(from_nm), float(to_nm), scaling_class)
    if from_nm == to_nm:
        return quantity
    formula = f"{from_nm:g} nm to {to_nm:g} nm, class {scaling_class}"
    if quantity.low >= 0 and factor.low >= 0:  # the extremes of a product, without a look at others
        return Quantity(
            quantity.value * factor.value,
            quantity.low * factor.low,
            quantity.high * factor.high,
            quantity.unit,
            formula,
            (quantity, factor),
        )
    return derive(formula, quantity.unit, lambda q, f: q * f, quantity, factor)


@functools.lru_cache(maxsize=1024)
def scaling_factor(what: str, from_nm: float, to_nm: float, scaling_class: str) -> Quantity:
    """Factor on `what` from one node to another, with low, high and the figures it rests on."""
    # Before any class is looked at: a node that the law does not have is refused for every part
    # alike.
    for node in (from_nm, to_nm):
        bracket_of(node)
    if what == "leakage":
        return _constant("leakage is not scaled by node: the flavour of the process decides it")
    if scaling_class == "none":
        return _constant("not scaled: not on the chip's node, or fixed by its parameters")
    if scaling_class == "cell":
        if what == "area":
            ratio = (to_nm / from_nm) ** 2
            return Quantity(ratio, ratio, ratio, "1", f"F^2: ({to_nm:g}/{from_nm:g})^2")
        return _constant("set by voltage, conductance and pulse, not by the node")
    if scaling_class in OWN_CLASSES and (own := own_law(what, from_nm, to_nm, scaling_class)):
        return own
    if scaling_class == "sram_array" and what == "energy":
        return derive(
            "line over so many cells: length x V^2",
            "1",
            lambda length, b, a: length * (b / a) ** 2,
            line_factor(from_nm, to_nm),
            supply_voltage(to_nm),
            supply_voltage(from_nm),
        )
    if scaling_class in ("wire", "matched") and what == "energy":
        return derive(
            "capacitance that stays: V^2",
            "1",
            lambda b, a: (b / a) ** 2,
            supply_voltage(to_nm),
            supply_voltage(from_nm),
        )
    if scaling_class == "clock" and what == "energy":
        return derive(
            f"wires to the flip-flops of an area: V^2 x {from_nm:g}/{to_nm:g}",
            "1",
            lambda b, a: (b / a) ** 2 * from_nm / to_nm,
            supply_voltage(to_nm),
            supply_voltage(from_nm),
        )
    if scaling_class == "wire" and what == "delay":
        return _constant("delay of a repeated wire of fixed length: kept")
    return _logic_factor(what, from_nm, to_nm)


def _constant(reason: str) -> Quantity:
    return Quantity(1.0, 1.0, 1.0, "1", reason)


def _logic_factor(what: str, from_nm: float, to_nm: float) -> Quantity:
    level = {"area": area_level, "energy": energy_level, "delay": delay_level}[what]
    if from_nm == to_nm:
        return _constant("same node")
    return derive(
        f"{LAW}: {what}", "1", lambda target, source: target / source, level(to_nm), level(from_nm)
    )
