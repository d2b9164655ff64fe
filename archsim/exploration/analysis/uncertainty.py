"""What the spread of the figures does to a front: in every draw of `archsim.cost.draws` all designs
are priced with the same figures, and have a front of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from archsim.cost.counted_design import Counted, counted_estimate
from archsim.cost.draws import DRAWN, PERCENTILES
from archsim.exploration.analysis.pareto import pareto_front
from archsim.exploration.store.table import PointTable
from archsim.exploration.work.metrics import OTHER, PRICED, TIMED, TRAINED
from archsim.exploration.work.pricing import breakdown

DECIDED = 0.95


def count_design(design: Mapping[str, Any], run: Mapping[str, Any] | None) -> Counted:
    """The counts of a design inside the chip boundary: of its stored run, or from its plans where
    nothing was timed.
    """
    return counted_estimate(breakdown(design, run))


def sampled(name: str) -> bool:
    """True where a metric's spread comes from figures and is drawn here; False where it has none
    (cycles, latency, tiles).
    """
    return name in DRAWN


def bands(
    objectives: Sequence[str], samples: Mapping[str, np.ndarray], exact: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Objective -> (3, designs): the 5th, 50th and 95th percentile; an exact metric has all three
    equal.
    """
    return {
        name: np.percentile(samples[name], PERCENTILES, axis=0)
        if sampled(name)
        else np.tile(exact[name], (3, 1))
        for name in objectives
    }


def front_shares(costs: np.ndarray) -> np.ndarray:
    """For `costs` (samples, designs, objectives): the share of samples in which each design is on
    the front.
    """
    # Sample by sample: a design may win in the draws that are dear for its rival only.
    return np.mean([pareto_front(sample) for sample in costs], axis=0)


def can_sample(names: Sequence[str]) -> bool:
    """True where every objective is either drawn or exact: prices of single components are neither."""
    return all(sampled(name) or name in {*PRICED, *TIMED, *TRAINED, *OTHER} for name in names)


def constraint_shares(
    table: PointTable, chosen: Sequence[int], draws: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Constraint -> the share of draws in which each chosen design meets it.

    Args:
        table: the designs with their exact numbers.
        chosen: rows of the table.
        draws: metric -> (samples, chosen).

    Returns:
        text of the constraint -> (chosen,); without those on numbers that this rung does not know,
        or whose spread is not drawn though figures move it (prices of single components).
    """
    shares: dict[str, np.ndarray] = {}
    for test in table.space.constraints:
        drawn = [name for name in test.names if name in draws]
        # Prices of single components have a spread but no draws; a share without it would look
        # certain.
        if any(name in table.metrics and not can_sample([name]) for name in test.names):
            continue
        exact = [name for name in test.names if name in table.metrics and name not in draws]
        columns = {name: table.metric(name)[list(chosen)] for name in exact}
        if not all(np.isfinite(column).all() for column in columns.values()):
            continue
        if not all(np.isfinite(draws[name]).all() for name in drawn):
            continue
        met = np.zeros(len(chosen))
        for column, index in enumerate(chosen):
            known = table.space.design(table.point(index))
            known |= {name: float(values[column]) for name, values in columns.items()}
            samples = zip(*(draws[name][:, column].tolist() for name in drawn))
            tried = [bool(test(known | dict(zip(drawn, values)))) for values in samples]
            # Where nothing is drawn, it holds in all draws or in none.
            met[column] = np.mean(tried) if drawn else float(bool(test(known)))
        shares[test.text] = met
    return shares
