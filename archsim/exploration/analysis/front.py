"""From tables to what a designer asks: the front, its knee, what drives each objective, and how
sure all that is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from archsim.exploration.analysis.pareto import front_layers, knee, pareto_front, promote
from archsim.exploration.store.table import PointTable

if TYPE_CHECKING:
    from archsim.exploration.sweep import Sweep

MOST_CANDIDATES = 60
SAMPLES = 200


def front_indices(table: PointTable) -> list[int]:
    """Rows of a table on its Pareto front, by the first objective. Designs equal in every objective
    are all there; what a guard holds back is not.
    """
    indices, costs, _ = table.costs(table.space.objectives, ranked=True)
    if not len(indices):
        return []
    on = pareto_front(costs)
    kept = indices[on]
    costs = costs[on]
    return [int(i) for i in kept[np.lexsort(costs.T[::-1])]]


def knee_index(table: PointTable) -> int | None:
    """The row of the knee of the front, None where the front has no bend to speak of."""
    front = front_indices(table)
    indices, costs, _ = table.costs(table.space.objectives, ranked=True)
    row_of = {int(i): row for i, row in zip(indices, costs)}
    # On the front's rows alone: the scale of the knee is that of its ends.
    chosen = knee(np.array([row_of[i] for i in front])) if front else None
    return None if chosen is None else front[chosen]


def layers(table: PointTable) -> dict[int, int]:
    """Row -> layer of its front (1: the front itself), for the first few layers."""
    indices, costs, _ = table.costs(table.space.objectives, ranked=True)
    if not len(indices):
        return {}
    # Sorting all layers of a large sweep takes minutes, and nobody looks beyond the first few.
    layer_of = front_layers(costs, min(len(indices), 4 * MOST_CANDIDATES))
    return {int(i): int(layer) for i, layer in zip(indices, layer_of) if layer}


def uncertainty(
    sweep: Sweep, table: PointTable, samples: int = SAMPLES, seed: int = 0
) -> list[dict[str, Any]]:
    """Bands of the designs on and near the front of a table, and in which share of draws each is on
    the front.

    A design that is on the front in 5 to 95 % of the draws is undecided: the figures do not say.
    Empty where an objective's spread cannot be drawn.
    """
    from archsim.cost.draws import sample_prices
    from archsim.exploration.analysis.uncertainty import (
        DECIDED,
        bands,
        can_sample,
        constraint_shares,
        count_design,
        front_shares,
        sampled,
    )

    indices, costs, known = table.costs(table.space.objectives, ranked=True)
    names = [objective.path for objective in known]
    if not len(indices) or not can_sample(names):
        return []
    # Designs far from the front have no chance in any draw, and drawing costs time by design.
    chosen = [int(indices[i]) for i in promote(costs, MOST_CANDIDATES)]
    # What was only priced has no run: its counts come from its plans.
    runs = sweep.runs([table.key(i) for i in chosen]) if table.rung.kind != "price" else {}
    designs = [
        count_design(table.space.design(table.point(i)), runs.get(table.key(i))) for i in chosen
    ]
    # The same draws for all: what raises every price alike changes no order.
    draws = sample_prices(designs, samples, seed)
    exact = {name: table.metric(name)[chosen] for name in names}
    columns = [
        o.sign * (draws[o.path] if sampled(o.path) else np.tile(exact[o.path], (samples, 1)))
        for o in known
    ]
    # Exact numbers are the same in every draw, and take part in it all the same.
    front = front_shares(np.stack(columns, axis=-1))
    spread = bands(names, draws, exact)
    met = constraint_shares(table, chosen, draws)
    on_front = set(front_indices(table))
    return [
        {
            "point": index,
            "on_front": index in on_front,
            "front_share": float(share),
            "verdict": "front"
            if share >= DECIDED
            else "off"
            if share <= 1 - DECIDED
            else "undecided",
            "bands": {name: [float(v) for v in spread[name][:, column]] for name in names},
            "constraints": {text: float(shares[column]) for text, shares in met.items()},
        }
        for column, (index, share) in enumerate(zip(chosen, front))
    ]
