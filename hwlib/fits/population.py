"""A population of numbers in the logarithm, some of which are upper bounds only."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

_ROUNDS = 1000
_STEP = 1e-7  # of the mean, at which a fit rests
_LEAST = 1e-6  # deviation of numbers that are all alike
_FAR = 30.0  # deviations, where the tail is a point


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


def deviation_of(observations: Sequence[Observation]) -> float:
    """Standard deviation of numbers without bounds, which tell nothing of it; two of one weight at
    least are taken for it to mean something.
    """
    weight = sum(item.weight for item in observations)
    mean = sum(item.weight * item.value for item in observations) / weight
    square = sum(item.weight * (item.value - mean) ** 2 for item in observations)
    return max(math.sqrt(square / max(weight - 1, 0.5)), _LEAST)


def mean_of(observations: Sequence[Observation], deviation: float) -> float:
    """The most likely mean of normal numbers whose deviation is known: a bound says that the number
    lies anywhere below, as likely as the population has it there (expectation and maximisation).

    Args:
        observations: one that is no bound, at least.
        deviation: of their population.

    Returns:
        the mean.
    """
    weight = sum(item.weight for item in observations)
    exact = [item.value for item in observations if not item.bound]
    mean = sum(exact) / len(exact)
    for _ in range(_ROUNDS):
        before = mean
        mean = sum(item.weight * _expected(item, mean, deviation) for item in observations) / weight
        if abs(mean - before) < _STEP:
            break
    return mean


def _expected(item: Observation, mean: float, deviation: float) -> float:
    """What a number is expected to be in a population."""
    if not item.bound:
        return item.value
    # far below the population its tail begins at the bound itself
    at = (item.value - mean) / deviation
    if at < -_FAR:
        return item.value
    density = math.exp(-at * at / 2) / math.sqrt(2 * math.pi)
    return mean - deviation * density / (math.erfc(-at / math.sqrt(2)) / 2)
