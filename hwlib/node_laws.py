"""How parts that are no logic change with the node: by laws of their own, from what was printed.

analog        converters and amplifiers: a power of the node, between "kept" and "as logic".
access_cell   cells with an access transistor, which must carry the current of a write: a power of
              the node below F^2; energy as a `cell`.
matched       capacitors: their area follows matching and noise, densities stay at 1.5 to 2
              fF/um2 from 180 to 7 nm; energy as V^2 (hwlib.scaling).
high_voltage  thick-oxide devices: the array's voltage sets their length, which does not fall
              with the node.
pitch         what stands at the lines of an array: area as gate pitch x metal pitch, charge of
              a line over as many cells as its root.
sram          published six-transistor cells; energy and delay as logic (hwlib.scaling).
sram_array    the same cells in an array that computes: energy as a line over so many cells, at the
              node's supply (hwlib.scaling).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from hwlib.figures import figure
from hwlib.quantity import Quantity, derive

OWN_CLASSES = ("analog", "access_cell", "matched", "high_voltage", "pitch", "sram", "sram_array")
_PITCH_NODES = (130.0, 40.0, 28.0, 16.0, 14.0, 7.0)
_SRAM_NODES = (130.0, 90.0, 65.0, 45.0, 40.0, 28.0, 16.0, 14.0, 10.0, 7.0)


def own_law(what: str, from_nm: float, to_nm: float, scaling_class: str) -> Quantity | None:
    """Factor of a class with a law of its own; None where the law of logic or of wires holds.

    Args:
        what: area, energy or delay.
        from_nm: node of the number in nm.
        to_nm: node that is asked for in nm.
        scaling_class: one of OWN_CLASSES.

    Returns:
        the factor with the figures that it rests on.
    """
    # Of all these only a memory's delay is set by its logic.
    if what == "delay" and scaling_class != "sram":
        return kept("delay is a choice of the design: kept")
    laws = {
        ("analog", "area"): lambda: _power("analog_area", from_nm, to_nm),
        ("analog", "energy"): lambda: _power("analog_energy", from_nm, to_nm),
        ("access_cell", "area"): lambda: _power("access_cell_area", from_nm, to_nm),
        ("access_cell", "energy"): lambda: kept("set by voltage, conductance and pulse: kept"),
        ("matched", "area"): lambda: kept("capacitors follow matching, not the node: kept"),
        ("high_voltage", "area"): lambda: kept("the array's voltage sets the devices: kept"),
        ("high_voltage", "energy"): lambda: kept("at the array's voltage, not the node's: kept"),
        ("pitch", "area"): lambda: _ratio(_pitches, 1.0, from_nm, to_nm),
        ("pitch", "energy"): lambda: _ratio(_pitches, 0.5, from_nm, to_nm),
        ("sram", "area"): lambda: _ratio(_sram_cell, 1.0, from_nm, to_nm),
        ("sram_array", "area"): lambda: _ratio(_sram_cell, 1.0, from_nm, to_nm),
    }
    law = laws.get((scaling_class, what))
    return law() if law else None


def line_factor(from_nm: float, to_nm: float) -> Quantity:
    """Factor on the length of a line over so many cells: the root of that on area."""
    # The pitches are a product, gate times metal, hence an area.
    return _ratio(_pitches, 0.5, from_nm, to_nm)


def kept(reason: str) -> Quantity:
    """A factor of one, which says why."""
    return Quantity(1.0, 1.0, 1.0, "1", reason)


def _power(key: str, from_nm: float, to_nm: float) -> Quantity:
    return derive(
        f"({to_nm:g} nm / {from_nm:g} nm)^exponent",
        "1",
        lambda exponent: math.pow(to_nm / from_nm, exponent),
        figure(f"scaling.{key}_exponent"),
    )


def _ratio(
    level: Callable[[float], Quantity], power: float, from_nm: float, to_nm: float
) -> Quantity:
    if from_nm == to_nm:
        return kept("same node")
    formula = "square root of the ratio of levels" if power == 0.5 else "ratio of levels"
    return derive(formula, "1", lambda b, a: math.pow(b / a, power), level(to_nm), level(from_nm))


def _pitches(node_nm: float) -> Quantity:
    """Contacted gate pitch x metal-1 pitch in m2, between printed nodes evenly in the logarithm."""
    return printed_level("gate pitch x metal pitch", node_nm, _PITCH_NODES, _pitch_of)


def _pitch_of(node_nm: float) -> Quantity:
    return derive(
        "gate pitch x metal pitch",
        "m2",
        lambda gate, metal: gate * metal,
        figure(f"scaling.gate_pitch_{node_nm:g}"),
        figure(f"scaling.metal_pitch_{node_nm:g}"),
    )


def _sram_cell(node_nm: float) -> Quantity:
    """Area of a published 6T cell in um2, between printed nodes evenly in the logarithm."""
    return printed_level("6T cell", node_nm, _SRAM_NODES, _sram_cell_of)


def _sram_cell_of(node_nm: float) -> Quantity:
    return derive("as printed", "um2", lambda a: a, figure(f"scaling.sram_cell_{node_nm:g}"))


def printed_level(
    what: str, node_nm: float, nodes: Sequence[float], at: Callable[[float], Quantity]
) -> Quantity:
    """A printed level at any node, between printed ones evenly in the logarithm.

    Args:
        what: the level, in words.
        node_nm: node that is asked for in nm, not below the smallest of `nodes`.
        nodes: printed nodes in nm, the largest first.
        at: the level of a printed node.

    Returns:
        the level; above the largest printed node the last slope goes on.
    """
    if node_nm in nodes:
        return at(node_nm)
    # Printed nodes go from large to small; above the largest its own slope is all that is known.
    upper = min((n for n in nodes if n > node_nm), default=nodes[0])
    lower = max(n for n in nodes if n < upper)
    share = math.log(upper / node_nm) / math.log(upper / lower)
    # A negative share lies above the upper node: the formula is the same, the trail says so.
    words = "extrapolated" if share < 0 else "log interpolation"
    return derive(
        f"{what}, {words} to {node_nm:g} nm",
        at(upper).unit,
        lambda u, v: math.pow(u, 1 - share) * math.pow(v, share),
        at(upper),
        at(lower),
    )
