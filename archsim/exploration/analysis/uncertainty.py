"""What the spread of the figures does to a front: in every draw of `archsim.cost.draws` all designs
are priced with the same figures, and have a front of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from archsim.cost.draws import DRAWN, PERCENTILES, Counted, counted_estimate
from archsim.exploration.analysis.pareto import pareto_front
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
    return np.mean([pareto_front(sample) for sample in costs], axis=0)


def can_sample(names: Sequence[str]) -> bool:
    """True where every objective is either drawn or exact: prices of single components are neither."""
    return all(sampled(name) or name in {*PRICED, *TIMED, *TRAINED, *OTHER} for name in names)
