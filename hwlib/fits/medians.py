"""Weighted medians and quantiles of numbers, some of which are upper bounds only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Observation(NamedTuple):
    """One number in the logarithm.

    Args:
        value: natural logarithm of what was published over the shape of the law.
        weight: share of its group: rows of one chip or study count once together.
        bound: the true number is at most this one.
        group: what is left out together.
    """

    value: float
    weight: float
    bound: bool
    group: str


def median(observations: Sequence[Observation]) -> float:
    """The least absolute deviation from the numbers; a bound deviates only where it is exceeded.

    Args:
        observations: at least one.

    Returns:
        the number of least deviation; the middle of two that deviate alike.
    """
    candidates = sorted({item.value for item in observations})

    def deviation(at: float) -> float:
        return sum(
            item.weight * (max(0.0, at - item.value) if item.bound else abs(at - item.value))
            for item in observations
        )

    deviations = [deviation(at) for at in candidates]
    least = min(deviations)
    best = [at for at, value in zip(candidates, deviations) if value <= least * (1 + 1e-9) + 1e-12]
    return (best[0] + best[-1]) / 2


def quantile(observations: Sequence[Observation], share: float) -> float:
    """The value below which `share` of the weight lies, between neighbours on a straight line.

    Args:
        observations: at least one, no bounds.
        share: 0 to 1.

    Returns:
        the quantile, each number standing in the middle of its weight.
    """
    ordered = sorted(observations, key=lambda item: item.value)
    whole = sum(item.weight for item in ordered)
    passed = 0.0
    before: tuple[float, float] | None = None
    for item in ordered:
        middle = (passed + item.weight / 2) / whole
        if middle >= share:
            if before is None:
                return item.value
            part = (share - before[0]) / (middle - before[0])
            return before[1] + part * (item.value - before[1])
        before = (middle, item.value)
        passed += item.weight
    return ordered[-1].value
