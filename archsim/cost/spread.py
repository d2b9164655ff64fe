"""A number with its low and its high."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple


class Spread(NamedTuple):
    """A number with its low and high (every figure at its low, every figure at its high: fully
    correlated).
    """

    value: float
    low: float
    high: float

    # For factors of at least zero, which counts, times and units are: a negative one would swap the
    # ends.
    def times(self, factor: float) -> Spread:
        value, low, high = self
        return Spread(value * factor, low * factor, high * factor)

    def plus(self, other: Spread) -> Spread:
        return Spread(self.value + other.value, self.low + other.low, self.high + other.high)


NOTHING = Spread(0.0, 0.0, 0.0)


def total(spreads: Iterable[Spread]) -> Spread:
    """The sum, exactly rounded, so that it does not depend on the order."""
    items = spreads if isinstance(spreads, list) else list(spreads)
    if not items:
        return NOTHING
    if len(items) == 1:  # nothing to round; -0.0 becomes 0.0 as in a sum
        ((value, low, high),) = items
        return Spread(value + 0.0, low + 0.0, high + 0.0)
    # Columns, so that each of the three sums is one call of fsum.
    values, lows, highs = zip(*items)
    return Spread(math.fsum(values), math.fsum(lows), math.fsum(highs))


class UnitPrice(NamedTuple):
    """One instance of a component: area in mm2, leakage in uW, the energy of each of its actions in
    J.
    """

    area_mm2: Spread
    static_power_uw: Spread
    energy_j: dict[str, Spread]
