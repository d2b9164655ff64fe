"""What several seeds say: mean, standard deviation, and differences paired by seed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

PAIRED = ("accuracy_percent", "energy_per_image_j", "latency_per_image_s")
"""Quantities of a seed that are compared pair by pair."""


def mean_of(values: Sequence[float]) -> float | None:
    """The mean; None of nothing."""
    return math.fsum(values) / len(values) if values else None


def deviation_of(values: Sequence[float]) -> float | None:
    """The standard deviation of a sample (ddof 1); None of fewer than two."""
    if len(values) < 2:
        return None
    mean = math.fsum(values) / len(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1))


@dataclass(frozen=True)
class PairedDifference:
    """`a` less `b` by seed: seeds share the order of the images and the first weights, so what they
    bring to both falls out of the difference.

    Args:
        a: label of the first scheme.
        b: label of the second.
        quantity: one of PAIRED.
        seeds: seeds that both have.
        mean: mean difference, in the unit of the quantity.
        standard_error: standard deviation of the differences (ddof 1) over the root of their
            number.
    """

    a: str
    b: str
    quantity: str
    seeds: int
    mean: float
    standard_error: float


def paired_differences(rows: Sequence[Mapping[str, Any]]) -> list[PairedDifference]:
    """Every pair of rows and every quantity of PAIRED, where both have two seeds in common.

    Args:
        rows: rows of a comparison, with `label` and `seeds`.

    Returns:
        the differences, in the order of the rows.
    """
    differences: list[PairedDifference] = []
    for first, second in combinations(rows, 2):
        for quantity in PAIRED:
            ours = _by_seed(first, quantity)
            theirs = _by_seed(second, quantity)
            between = [ours[seed] - theirs[seed] for seed in ours if seed in theirs]
            spread = deviation_of(between)
            mean = mean_of(between)
            if spread is None or mean is None:
                continue
            error = spread / math.sqrt(len(between))
            differences.append(
                PairedDifference(
                    first["label"], second["label"], quantity, len(between), mean, error
                )
            )
    return differences


def _by_seed(row: Mapping[str, Any], quantity: str) -> dict[int, float]:
    return {run["seed"]: run[quantity] for run in row["seeds"] if run.get(quantity) is not None}
