"""How well a model predicts: errors, coverage and width of its bands, over many checks."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Any, NamedTuple

Row = dict[str, Any]
OUTSIDE = 0.1
"""Share of the truth that a band of 5 to 95 % leaves outside."""


class Score(NamedTuple):
    """Over some checks.

    Args:
        checks: how many there are.
        median_error: |model / published - 1|.
        median_factor: how far model and published are apart, as the larger over the smaller.
        banded: checks whose model has a band.
        coverage: share of these whose published figure lies inside; None without any.
        median_width: high over low.
        interval_score: mean of log10(high / low) + 2 / 0.1 x the decades by which the published
            figure lies outside: smaller is better, in decades.
    """

    checks: int
    median_error: float
    median_factor: float
    banded: int
    coverage: float | None
    median_width: float | None
    interval_score: float | None


def score(rows: Sequence[Row]) -> Score:
    """The score of some checks, at least one."""
    errors = [abs(row["relative_difference"]) for row in rows]
    factors = [_factor(row) for row in rows]
    # A width is a ratio: a band from zero has none.
    banded = [row for row in rows if row["model_range"] and row["model_range"][0] > 0]
    widths = [row["model_range"][1] / row["model_range"][0] for row in banded]
    return Score(
        len(rows),
        statistics.median(errors),
        statistics.median(factors),
        len(banded),
        sum(row["within"] for row in banded) / len(banded) if banded else None,
        statistics.median(widths) if banded else None,
        statistics.fmean(map(interval_score, banded)) if banded else None,
    )


def summary_of(rows: Sequence[Row]) -> dict[str, dict[str, float | int | None]]:
    """How well what was not fitted is predicted, by quantity.

    Args:
        rows: checks, whatever their kind.

    Returns:
        quantity (time, area, energy, ...) -> `predicted`, how many checks there are of figures that
        nothing was fitted to; `median_error`, |model / published - 1|; `coverage`, the share of the
        published values inside the model's range, None where no model has one.
    """
    # A calibrated figure went into the model: that it comes out again is no prediction.
    predicted = [row for row in rows if row["kind"] != "calibrated"]
    summary: dict[str, dict[str, float | int | None]] = {}
    for quantity in sorted({row["quantity"] for row in predicted}):
        result = score([row for row in predicted if row["quantity"] == quantity])
        summary[quantity] = {
            "predicted": result.checks,
            "median_error": result.median_error,
            "coverage": result.coverage,
        }
    return summary


def interval_score(row: Row) -> float:
    """Of one check, in decades (Gneiting & Raftery 2007, eq. 43, of logarithms)."""
    low, high = map(math.log10, row["model_range"])
    published = math.log10(row["published"])
    beyond = max(low - published, 0.0, published - high)
    return high - low + 2 / OUTSIDE * beyond


def worst(rows: Sequence[Row], count: int = 5) -> list[Row]:
    """The checks whose model is furthest from what is published."""
    return sorted(rows, key=_factor, reverse=True)[:count]


def _factor(row: Row) -> float:
    # Counts may be zero, where only the same is right.
    if row["model"] <= 0 or row["published"] <= 0:
        return math.inf if row["model"] != row["published"] else 1.0
    ratio: float = row["model"] / row["published"]
    return max(ratio, 1 / ratio)
