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

    def times(self, factor: float) -> Spread:
        return Spread(self.value * factor, self.low * factor, self.high * factor)

    def plus(self, other: Spread) -> Spread:
        return Spread(self.value + other.value, self.low + other.low, self.high + other.high)


def total(spreads: Iterable[Spread]) -> Spread:
    """The sum, exactly rounded, so that it does not depend on the order."""
    columns = list(zip(*spreads)) or [(), (), ()]
    return Spread(*map(math.fsum, columns))


class UnitPrice(NamedTuple):
    """One instance of a component: area in mm2, leakage in uW, the energy of each of its actions in
    J.
    """

    area_mm2: Spread
    static_power_uw: Spread
    energy_j: dict[str, Spread]
