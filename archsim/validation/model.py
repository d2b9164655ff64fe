"""What the model gives beside a published figure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archsim.cost.spread import Spread

Model = Callable[[], float | Spread]
"""The model's value in the unit of the published one, with its range where prices enter."""


def energy_of(boundary: dict[str, Any]) -> Spread:
    """The energy in J of one boundary of a result, with its range."""
    low, high = boundary["energy_j_range"]
    return Spread(boundary["energy_j"], low, high)


def timed(value: float | None) -> float:
    """A time of a run that was simulated. Raises RuntimeError for one that was only counted."""
    if value is None:
        raise RuntimeError("this run has no time")
    return value
