"""What Stillmaker & Baas 2017 print of a node: area, supply, energy and delay of logic, each relative
to another node alone.

Energy and delay are polynomials in the supply voltage, area is a table. `hwlib.scaling` makes factors
of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from hwlib.errors import InputError
from hwlib.figures import figure
from hwlib.quantity import Figure, Quantity, derive

NODES = (180.0, 130.0, 90.0, 65.0, 45.0, 32.0, 20.0, 16.0, 14.0, 10.0, 7.0)
FASTEST_NM = 32.0
"""Smallest node of the paper's high-performance rows."""
LAW = "Stillmaker & Baas 2017"


class Bracket(NamedTuple):
    """The nodes of the paper around a node in nm, and the share of the smaller one."""

    upper: float
    lower: float
    share: float


def bracket_of(node_nm: float) -> Bracket:
    """Raises InputError outside the law."""
    if not (math.isfinite(node_nm) and NODES[-1] <= node_nm <= NODES[0]):
        raise InputError(
            f"node outside the range of the scaling law of {LAW}",
            where="node_nm",
            got=node_nm,
            allowed=f"{NODES[-1]:g} to {NODES[0]:g} nm",
        )
    # A node of the paper is both: no interpolation touches its printed numbers.
    lower = max(n for n in NODES if n <= node_nm)
    upper = min(n for n in NODES if n >= node_nm)
    share = 0.0 if upper == lower else math.log(upper / node_nm) / math.log(upper / lower)
    return Bracket(upper, lower, share)


def _row(node_nm: float, flavour: str) -> str:
    """Name of the paper's row: below 65 nm it has low-power and high-performance ones, which must
    not be mixed.
    """
    return f"{node_nm:g}" if node_nm >= 65 else f"{flavour}{node_nm:g}"


def _interpolated(
    formula: str, node_nm: float, at: Mapping[float, Quantity | Figure], unit: str = "1"
) -> Quantity:
    upper, lower, share = bracket_of(node_nm)
    if share == 0.0:
        return derive(formula, unit, lambda value: value, at[upper])
    return derive(
        f"{formula}, log interpolation",
        unit,
        # Interpolated in the logarithm, since nodes follow each other in ratios.
        lambda u, v: u ** (1 - share) * v**share,
        at[upper],
        at[lower],
    )


def area_level(node_nm: float) -> Quantity:
    """Logic area at a node relative to 45 nm."""
    upper, lower, _ = bracket_of(node_nm)
    return _interpolated(
        f"{LAW}: area", node_nm, {n: figure(f"scaling.area_{n:g}") for n in (upper, lower)}
    )


def supply_voltage(node_nm: float) -> Quantity:
    """Nominal supply of the low-power flavour in V; 1.1 V at 40 nm, log interpolation between the
    nodes of the paper elsewhere.
    """
    # 40 nm is the library's own node and has a printed supply; the interpolation between 45 and 32
    # nm would miss it.
    if node_nm == 40.0:
        return derive("nominal supply", "V", lambda v: v, figure("scaling.supply_40"))
    upper, lower, _ = bracket_of(node_nm)
    return _interpolated(
        "nominal supply",
        node_nm,
        {n: figure(f"scaling.supply_{_row(n, 'lp')}") for n in (upper, lower)},
        "V",
    )


def fast_supply_voltage(node_nm: float) -> Quantity:
    """Nominal supply of the high-performance flavour in V, which the paper has down to 32 nm.

    Raises:
        InputError: for a smaller node.
    """
    upper, lower, _ = bracket_of(node_nm)
    # Between 32 and 20 nm one end would be a low-power row: a mixture of flavours that the paper
    # warns of.
    if lower < FASTEST_NM:
        raise InputError(
            f"{LAW} has no high-performance row there",
            where="flavour",
            got=f"general_purpose at {node_nm:g} nm",
            allowed=f"{FASTEST_NM:g} to {NODES[0]:g} nm",
        )
    return _interpolated(
        "nominal supply, high performance",
        node_nm,
        {n: figure(f"scaling.supply_{_row(n, 'hp')}") for n in (upper, lower)},
        "V",
    )


def energy_level(node_nm: float, supply_v: float | None = None, flavour: str = "lp") -> Quantity:
    """Logic energy at a node and supply, in the paper's relative units: e2 V^2 + e1 V + e0."""
    return _polynomial_level("energy", node_nm, supply_v, flavour)


def delay_level(node_nm: float, supply_v: float | None = None, flavour: str = "lp") -> Quantity:
    """Logic delay at a node and supply, in the paper's relative units: d3 V^3 + d2 V^2 + d1 V + d0.

    From 65 nm up the paper has one, fast, flavour. For the low-power line those rows are slowed by
    the ratio of the two 45-nm rows, or a part would seem to become faster at 65 nm than at 40 nm by
    changing its flavour on the way.
    """
    return _polynomial_level("delay", node_nm, supply_v, flavour)


def _polynomial_level(what: str, node_nm: float, supply_v: float | None, flavour: str) -> Quantity:
    upper, lower, _ = bracket_of(node_nm)
    supply = (
        supply_voltage(node_nm)
        if supply_v is None
        else Quantity(supply_v, supply_v, supply_v, "V", "given supply")
    )
    rows = {}
    for node in (upper, lower):
        rows[node] = _polynomial(what, _row(node, flavour), supply)
        if what == "delay" and node >= 65 and flavour == "lp":
            slow = _polynomial(what, "lp45", figure("scaling.supply_lp45"))
            # Each at its own nominal supply: the ratio is that of the flavours as they are used.
            fast = _polynomial(what, "hp45", figure("scaling.supply_hp45"))
            rows[node] = derive(
                "slowed to the low-power flavour by the ratio at 45 nm",
                "1",
                lambda d, s, f: d * s / f,
                rows[node],
                slow,
                fast,
            )
    return _interpolated(f"{LAW}: {what}", node_nm, rows)


def _polynomial(what: str, row: str, supply: Quantity | Figure) -> Quantity:
    """The paper's polynomial of one row; coefficients are figures, highest power first."""
    powers = (3, 2, 1, 0) if what == "delay" else (2, 1, 0)
    coefficients = [figure(f"scaling.{what}_{row}_v{power}") for power in powers]
    return derive(
        f"{LAW}: {what} polynomial, row {row}",
        "1",
        lambda v, *c: sum(k * v**p for k, p in zip(c, powers)),
        supply,
        *coefficients,
    )
