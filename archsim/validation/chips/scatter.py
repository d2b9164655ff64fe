"""How far energies of cores scatter about the sum of their parts, by how their cells compute.

Cells that are programmed, SRAM that sums currents and SRAM that shares charges differ in what papers
leave unsaid: conductances, swings, or nearly nothing. Each kind is a population of logarithms with a
tail (Student's t, four degrees of freedom: a few cores work otherwise than the rule has it), one
number a group of chips. A kind has few groups, so that the whole counts as one group more, in the
middle and in the spread; a further core is uncertain by both.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from archsim.validation.chips.choices import cell_of
from archsim.validation.chips.facts import ChipFacts

FREEDOM = 4
REACH = 2.1318
"""Deviations to 5 and 95 % of Student's t with that freedom."""
_ROUNDS = 500
_LEAST = 1e-3  # deviation of numbers that are all alike


class Scatter(NamedTuple):
    """A population of logarithms: where it lies and how wide it is."""

    middle: float
    deviation: float


def kind_of(facts: ChipFacts) -> str:
    """How the cells of a chip compute: "programmed", "charge" or "current"."""
    if facts.memory != "sram":
        return "programmed"
    return "charge" if cell_of(facts) == "cell_sram_8t1c" else "current"


def scatter_of(values: Sequence[float]) -> Scatter:
    """The most likely middle and deviation of numbers with a tail.

    Args:
        values: one at least.

    Returns:
        by reweighting: what lies far outside counts less.
    """
    middle = statistics.median(values)
    far = statistics.median(abs(value - middle) for value in values)
    # The median distance times 1.4826 is the deviation of a normal population: a start.
    deviation = max(1.4826 * far, _LEAST)
    for _ in range(_ROUNDS):
        weights = [
            (FREEDOM + 1) / (FREEDOM + ((value - middle) / deviation) ** 2) for value in values
        ]
        middle = sum(map(math.prod, zip(weights, values))) / sum(weights)
        squares = [weight * (value - middle) ** 2 for weight, value in zip(weights, values)]
        deviation = max(math.sqrt(sum(squares) / len(values)), _LEAST)
    return Scatter(middle, deviation)


def band_of(kind: str, seen: Mapping[str, Sequence[float]]) -> tuple[float, float]:
    """5 and 95 % of a further core of a kind.

    Args:
        kind: one of those seen, or one of which nothing was.
        seen: of each kind a logarithm a group of chips.

    Returns:
        both, in the logarithm.
    """
    whole = scatter_of([value for values in seen.values() for value in values])
    kinds = {name: (scatter_of(values), len(values)) for name, values in seen.items()}
    groups = sum(count for _, count in kinds.values())
    square = sum(count * one.deviation**2 for one, count in kinds.values()) / groups
    own, count = kinds.get(kind, (whole, 0))
    middle = (count * own.middle + whole.middle) / (count + 1)
    spread = (count * own.deviation**2 + square) / (count + 1)
    # A further core scatters, and the middle of so few is not known well itself.
    reach = REACH * math.sqrt(spread * (1 + 1 / (count + 1)))
    return middle - reach, middle + reach
