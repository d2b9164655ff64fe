"""Prices drawn from the ranges of their figures: one draw is one set of all figures of hwlib, with
which everything that is compared is priced.

`low` and `high` of a figure bound what its source, or we, believe possible, whatever its kind; its
value is the median of the draws: half of them spread evenly (in the logarithm) down to its low, half
up to its high. That is our choice: sources give a low and a high, not a distribution. Between
figures the draws are independent; within one draw a figure has one value, in all designs.
How far a part follows the node is drawn as well, one exponent for all of a class. Cycles do not
depend on figures, and neither do, here, lengths of wires and clocked areas.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence, Set
from typing import NamedTuple

import numpy as np

from archsim.cost.counted_design import Counted
from archsim.cost.drawn_figures import figures_at
from hwlib import Figure, Part, find_part, load_figures
from hwlib.figures import find_figure

BOUNDS = (
    "Low to high are bounds: every figure at its low at once, and every figure at its high at once."
)
"""What `area_mm2_range` and its like are, in words, for every page."""
BANDS = (
    "5 to 95 % of the draws: each draw takes every figure of its own between its low and its high, "
    "half of them below its value, and the same for all that is compared; it lies inside the bounds."
)
"""What a band of draws is, in words, for every page."""
PERCENTILES = (5.0, 50.0, 95.0)  # of a band and its middle
DRAWN = (
    "area_mm2",
    "energy_per_image_j",
    "energy_j",
    "static_power_uw",
    "power_uw",
    "dynamic_power_uw",
)
"""Numbers that prices move, in the units of a result."""


class Shares(NamedTuple):
    """Where in its range each figure lies in each draw: 0 at its low, 0.5 at its value, 1 at its
    high.

    Args:
        names: of the figures.
        shares: (draws, figures).
    """

    names: tuple[str, ...]
    shares: np.ndarray


def draw_shares(samples: int, seed: int = 0) -> Shares:
    """Draw all figures, `samples` times."""
    names = tuple(load_figures())
    # Philox gives the same bits on every platform and from any process: comparisons must be
    # repeatable.
    generator = np.random.Generator(np.random.Philox(seed))
    return Shares(names, generator.random((samples, len(names))))


class _Key(NamedTuple):
    part: str
    parameters: tuple[tuple[str, object], ...]
    node_nm: float


class _Unit(NamedTuple):
    """Drawn prices of one instance, in hwlib's base units."""

    area: float
    leakage: float
    energy: dict[str, float]


def price_draws(designs: Sequence[Counted], drawn: Shares) -> dict[str, np.ndarray]:
    """Price designs with each draw.

    Args:
        designs: counted designs, all priced with the same draws.
        drawn: the draws.

    Returns:
        name of DRAWN -> (draws, designs), in the units of a result; NaN where nothing was timed.
    """
    samples = len(drawn.shares)
    totals = {name: np.full((samples, len(designs)), np.nan) for name in DRAWN}
    # A draw changes all figures of the library at once, so draws are the outer loop and designs the
    # inner one: every design sees one world.
    units = _drawn_units(_unique(designs), drawn, frozenset().union(*map(figures_of, designs)))
    for sample, unit in enumerate(units):
        for column, design in enumerate(designs):
            for name, value in _totals(design, unit).items():
                totals[name][sample, column] = value
    return totals


_Priced = tuple[_Key, type[Part], frozenset[str]]
"""An instance with its law and the actions that are priced."""
_KEPT: dict[tuple[bytes, frozenset[Figure]], dict[_Priced, list[_Unit]]] = {}
"""What was drawn in this process, by the draws and the figures in force: rounds of a comparison, and
comparisons after each other, price the same parts with the same draws. The same law with the same
figures gives the same bits."""
_MOST_KEPT = 2000  # parts: some 50 MB at 200 draws


def _drawn_units(
    unique: Mapping[_Key, set[str]], drawn: Shares, used: frozenset[str]
) -> list[dict[_Key, _Unit]]:
    """The prices of each instance in each draw."""
    printed = frozenset(held for name in used if (held := find_figure(name)))
    # By content, not identity: another round of a comparison draws anew with the same seed.
    digest = hashlib.sha256(repr(drawn.names).encode() + drawn.shares.tobytes()).digest()
    kept = _KEPT.pop((digest, printed), {})
    asked: dict[_Key, _Priced] = {
        # The class is in the key as well: a user's file may bring another law under a name that was
        # drawn before.
        key: (key, type(find_part(key.part)(**dict(key.parameters))), frozenset(actions))
        for key, actions in unique.items()
    }
    missing = [priced for priced in asked.values() if priced not in kept]
    laws = [law(**dict(key.parameters)) for key, law, _ in missing]
    new: list[list[_Unit]] = [[] for _ in missing]
    for shares in drawn.shares if missing else ():
        with figures_at(shares, used):
            for units, law, (key, _, actions) in zip(new, laws, missing):
                units.append(_prices(law, key.node_nm, actions))
    kept |= zip(missing, new)
    _KEPT[digest, printed] = kept  # the latest stands last
    while sum(map(len, _KEPT.values())) > _MOST_KEPT:
        _KEPT.pop(next(iter(_KEPT)))
    return [
        {key: kept[priced][sample] for key, priced in asked.items()}
        for sample in range(len(drawn.shares))
    ]


def _unique(designs: Sequence[Counted]) -> dict[_Key, set[str]]:
    """Every different part of the designs, with the actions that any of them counts."""
    unique: dict[_Key, set[str]] = {}
    for design in designs:
        keys = [_Key(item.part, item.parameters, design.node_nm) for item in design.parts]
        for key in keys:
            unique.setdefault(key, set())
        for action in design.actions:
            unique[keys[action.number]].add(action.action)
    return unique


def figures_of(design: Counted) -> frozenset[str]:
    """Names of the figures that move the price of a design."""
    names: set[str] = set()
    for key, actions in _unique([design]).items():
        part = find_part(key.part)(**dict(key.parameters))
        node = key.node_nm
        prices = [part.area_at(node), part.leakage_at(node)]
        prices += [part.energy_at(action, node) for action in sorted(actions)]
        names |= {figure.name for item in prices for figure in item.figures()}
    return frozenset(names)


def sample_prices(designs: Sequence[Counted], samples: int, seed: int = 0) -> dict[str, np.ndarray]:
    """`price_draws` with draws of its own."""
    return price_draws(designs, draw_shares(samples, seed))


def _prices(part: Part, node_nm: float, actions: Set[str]) -> _Unit:
    energy = {action: part.energy_at(action, node_nm).value for action in actions}
    return _Unit(part.area_at(node_nm).value, part.leakage_at(node_nm).value, energy)


def _totals(design: Counted, unit: Mapping[_Key, _Unit]) -> dict[str, float]:
    prices = [unit[_Key(item.part, item.parameters, design.node_nm)] for item in design.parts]
    counts = [item.instances for item in design.parts]
    area = math.fsum(price.area * count for price, count in zip(prices, counts)) * 1e-6
    leakage = math.fsum(price.leakage * count for price, count in zip(prices, counts))
    dynamic = math.fsum(
        prices[number].energy[action] * count for number, action, count in design.actions
    )
    energy = dynamic + leakage * (design.seconds or 0.0)
    values = {
        "area_mm2": area,
        "static_power_uw": leakage * 1e6,
        "energy_j": energy,
        "energy_per_image_j": energy / design.images,
    }
    if design.seconds:
        values |= {
            "power_uw": energy / design.seconds * 1e6,
            "dynamic_power_uw": dynamic / design.seconds * 1e6,
        }
    return values
