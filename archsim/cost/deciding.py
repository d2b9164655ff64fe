"""Which figures decide a number: how far it moves when one of them alone lies at an end of its range.

An area, an energy and a power are sums of unit prices, each so often: the move of a sum is that of
its prices, so many times. Moves of figures that are drawn by themselves add as squares.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from archsim.cost.drawn_figures import figures_moved_to
from archsim.cost.estimate import Estimate
from hwlib import Figure, Part, Quantity, find_part
from hwlib.pricing import edition

AREA = "area"
LEAKAGE = "leakage"
"""What a part costs besides its actions."""


class PriceOf(NamedTuple):
    """A unit price of a component: of AREA, of LEAKAGE or of an action."""

    component: str
    what: str


Times = Mapping[PriceOf, float]
"""How often a number holds each unit price."""


class Move(NamedTuple):
    """A figure, and the number with it at its low and at its high, as changes of its value."""

    figure: Figure
    at_low: float
    at_high: float

    @property
    def largest(self) -> float:
        """The further of the two."""
        return max(abs(self.at_low), abs(self.at_high))


class Decided(NamedTuple):
    """A number in hwlib's units, and the figures that move it, the one that moves it most first."""

    value: float
    moves: tuple[Move, ...]

    def share(self, kinds: Iterable[str]) -> float:
        """How far figures of these kinds move the number together, as a share of it."""
        wanted = frozenset(kinds)
        squares = (move.largest**2 for move in self.moves if move.figure.kind in wanted)
        spread = math.sqrt(math.fsum(squares))
        return spread / self.value if self.value else 0.0


def decided(times: Times, estimate: Estimate, kinds: frozenset[str] | None = None) -> Decided:
    """What decides a number that is a sum of unit prices.

    Args:
        times: how often it holds each.
        estimate: whose components and node they are.
        kinds: only figures of these kinds are moved; None for all.

    Returns:
        the number, with the moves of every figure under it that has a range.
    """
    parts = {cost.component.name: cost.component for cost in estimate.components}
    value: list[float] = []
    moved: dict[str, list[float]] = {}
    figures: dict[str, Figure] = {}
    for price, count in times.items():
        component = parts[price.component]
        values = tuple(sorted(component.parameters.items()))
        # A price is moved once for one instance and one action; what a number holds of it only
        # multiplies.
        unit = _unit(component.part, values, estimate.node_nm, price.what, kinds, edition())
        value.append(unit.value * count)
        for move in unit.moves:
            figures[move.figure.name] = move.figure
            # One figure may stand under many prices: its moves add up with their signs before any
            # square is taken, since it has one value in all of them.
            sums = moved.setdefault(move.figure.name, [0.0, 0.0])
            sums[0] += move.at_low * count
            sums[1] += move.at_high * count
    moves = [Move(figures[name], *sums) for name, sums in moved.items()]
    # The name settles ties: the order must not depend on that of the inventory.
    moves.sort(key=lambda move: (-move.largest, move.figure.name))
    return Decided(math.fsum(value), tuple(moves))


def assumed_share(estimate: Estimate) -> dict[str, float]:
    """How far the headline would move if assumed figures were off.

    Args:
        estimate: a priced run.

    Returns:
        by `area` and `energy` of the chip: the root of the sum of the squares of what each assumed
        figure moves alone, at the end of its range that moves more, as a share of the headline.
    """
    inside = estimate.within("chip")
    # um2 to mm2; a share of the headline has no unit, but `decided` gives its value as well
    areas = {PriceOf(cost.component.name, AREA): cost.component.count * 1e-6 for cost in inside}
    names = {cost.component.name for cost in inside}
    energies = {
        PriceOf(name, action): count
        for (name, action), count in estimate.actions.items()
        if name in names
    }
    # Leakage over the time of the run; a run without one has dynamic energy alone, as its headline.
    energies |= {
        PriceOf(cost.component.name, LEAKAGE): cost.component.count * (estimate.seconds or 0.0)
        for cost in inside
    }
    assumed = frozenset({"assumed"})
    return {
        name: decided(times, estimate, assumed).share(assumed)
        for name, times in (("area", areas), ("energy", energies))
    }


@functools.lru_cache(maxsize=16384)
def _unit(
    part: str,
    parameters: tuple[tuple[str, object], ...],
    node_nm: float,
    what: str,
    kinds: frozenset[str] | None,
    # Not read: a number that rises when parts or figures are loaded anew, so that the cache
    # forgets.
    of_edition: int,
) -> Decided:
    """One unit price and what moves it."""
    law = find_part(part)(**dict(parameters))
    priced = _priced(law, what, node_nm)
    moves = []
    # Once each, though a trail may reach a figure by several ways.
    for figure in {item.name: item for item in priced.figures()}.values():
        if figure.low == figure.high or kinds is not None and figure.kind not in kinds:
            continue
        ends = []
        for end in (figure.low, figure.high):
            # The law is asked again instead of a derivative: figures enter powers, thresholds and
            # maxima.
            with figures_moved_to({figure.name: end}):
                ends.append(_priced(law, what, node_nm).value - priced.value)
        moves.append(Move(figure, *ends))
    return Decided(priced.value, tuple(moves))


def _priced(part: Part, what: str, node_nm: float) -> Quantity:
    if what == AREA:
        return part.area_at(node_nm)
    return part.leakage_at(node_nm) if what == LEAKAGE else part.energy_at(what, node_nm)
