"""The constants of one family of rows: each kind leans on its family, and low and high are as wide as
the error of prediction. How, `converters.py` says.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from hwlib.errors import InputError
from hwlib.fits.population import Observation, deviation_of, mean_of

REACH = 1.6449 / 0.9
"""Deviations from the mean to low and high: 5 and 95 % of a normal population, at 5 and 95 % of draws
that are spread evenly."""


class Fitted(NamedTuple):
    """A figure as a fit gives it.

    Args:
        value: in `unit`.
        low: where draws of prices begin.
        high: where they end.
        unit: as in a figure file.
        groups: of which rows it rests.
    """

    value: float
    low: float
    high: float
    unit: str
    groups: tuple[str, ...]


def fit_family(
    seen: Mapping[str, list[Observation]], unit: str, beside: Sequence[Observation] = ()
) -> dict[str, Fitted]:
    """Fit the constants of the kinds of one family.

    Args:
        seen: the observations of each kind, in the logarithm.
        unit: of the constants.
        beside: bounds of the family that belong to no kind.

    Returns:
        kind -> its constant, with low and high between which prices are drawn.

    Raises:
        InputError: where the family has no row that is no bound.
    """
    exact = [item for items in seen.values() for item in items if not item.bound]
    if not exact:
        raise InputError(
            "no row is left to fit to", where="hwlib.fits", got=sorted(seen), allowed="one row"
        )
    deviation = deviation_of(exact)
    # As wide as the error of prediction, not of the fit: the next converter is one that no row
    # describes.
    reach = REACH * _left(seen, beside, deviation)
    fitted = {}
    for name, items in seen.items():
        mean = _constant(seen, name, beside, deviation)
        value, low, high = (math.exp(mean + side * reach) for side in (0, -1, 1))
        own = tuple(sorted({item.group for item in items}))
        fitted[name] = Fitted(value, low, high, unit, own)
    return fitted


def _left(
    seen: Mapping[str, list[Observation]], beside: Sequence[Observation], deviation: float
) -> float:
    """Deviation of what is left when each group is predicted without its own rows; that of the numbers
    where there is one group alone.
    """
    squares = 0.0
    weight = 0.0
    for name, items in seen.items():
        for item in items:
            if item.bound:
                continue
            others = {key: _without(rows, item.group) for key, rows in seen.items()}
            # Nothing is left that could predict this row.
            if all(one.bound for rows in others.values() for one in rows):
                return deviation
            left = item.value - _constant(others, name, _without(beside, item.group), deviation)
            squares += item.weight * left**2
            weight += item.weight
    return math.sqrt(squares / weight)


def _without(items: Iterable[Observation], group: str) -> list[Observation]:
    return [item for item in items if item.group != group]


def _constant(
    seen: Mapping[str, list[Observation]],
    name: str,
    beside: Sequence[Observation],
    deviation: float,
) -> float:
    """Mean of a kind, that of its family being one row more."""
    family = mean_of([*beside, *(item for items in seen.values() for item in items)], deviation)
    return mean_of([*seen[name], Observation(family, 1.0, False, "family")], deviation)
