"""Pareto fronts of any number of objectives, layers of fronts, crowding and the knee. All
objectives are to be small here.
"""

from __future__ import annotations

import numpy as np


def pareto_front(costs: np.ndarray) -> np.ndarray:
    """True for every row of `costs` (points, objectives) that no other row dominates; equal rows
    are all kept.

    A row dominates another where it is nowhere larger and somewhere smaller. O(n log n) for two
    objectives, O(n x front) for more.
    """
    costs = np.asarray(costs, float)
    count, width = costs.shape
    kept = np.zeros(count, bool)
    if not count:
        return kept
    # By the first objective, ties by the next ones.
    order = np.lexsort(costs.T[::-1])
    # One pass over the sorted rows does; the general way is quadratic in the front.
    if width <= 2:
        second = costs[order, -1] if width == 2 else np.zeros(count)
        first = costs[order, 0]
        # Both, as equal designs are all kept: the second alone would keep dominated ones too.
        best = np.inf
        at = np.inf
        for index, (a, b) in zip(order, zip(first, second)):
            if b < best:
                best = b
                at = a
                kept[index] = True
            elif b == best and a == at:
                kept[index] = True
        return kept
    # rows come sorted, so a later row never dominates an earlier one
    front = np.empty((0, width))
    for index in order:
        row = costs[index]
        if not np.any(np.all(front <= row, axis=1) & np.any(front < row, axis=1)):
            kept[index] = True
            front = np.vstack([front, row])
    return kept


def front_layers(costs: np.ndarray, wanted: int) -> np.ndarray:
    """The layer of each row: 1 on the front, 2 on the front of the rest and so on, until `wanted`
    rows have one; 0 beyond.
    """
    costs = np.asarray(costs, float)
    layers = np.zeros(len(costs), int)
    left = np.arange(len(costs))
    layer = 0
    while len(left) and np.count_nonzero(layers) < wanted:
        layer += 1
        on = pareto_front(costs[left])
        layers[left[on]] = layer
        left = left[~on]
    return layers


def crowding(costs: np.ndarray) -> np.ndarray:
    """Crowding distance (Deb 2002): the sum over objectives of the gap between a row's neighbours;
    ends are infinite.
    """
    costs = np.asarray(costs, float)
    distances = np.zeros(len(costs))
    for column in costs.T:
        order = np.argsort(column, kind="stable")
        # Of these rows alone, so that an objective in large units doesn't rule.
        span = column[order[-1]] - column[order[0]] if len(order) else 0.0
        if span > 0:
            distances[order[1:-1]] += (column[order[2:]] - column[order[:-2]]) / span
        distances[order[[0, -1]] if len(order) else []] = np.inf
    return distances


def promote(costs: np.ndarray, count: int) -> np.ndarray:
    """Indices of the `count` rows nearest the front, best first: by layer, then the least crowded,
    then as they stand.
    """
    # Crowding adds up gaps of all objectives, which have to be comparable; the order, and so the
    # layers, stay.
    costs = scaled(costs)
    layers = front_layers(costs, count)
    chosen: list[int] = []
    for layer in range(1, layers.max(initial=0) + 1):
        members = np.flatnonzero(layers == layer)
        chosen.extend(members[np.argsort(-crowding(costs[members]), kind="stable")])
    return np.array(chosen[:count], int)


def scaled(costs: np.ndarray) -> np.ndarray:
    """Columns on a common scale from 0 to 1: logarithmic where a column is positive and spans more
    than tenfold.
    """
    costs = np.asarray(costs, float).copy()
    for column in range(costs.shape[1] if len(costs) else 0):
        values = costs[:, column]
        # Else the one large design would press all others into a corner.
        if values.min() > 0 and values.max() > 10 * values.min():
            values = np.log(values)
        span = values.max() - values.min()
        costs[:, column] = (values - values.min()) / span if span > 0 else 0.0
    return costs


def knee(costs: np.ndarray) -> int | None:
    """The index of the knee: the row farthest from the hyperplane through the ends of the front,
    towards the origin.

    Objectives are first brought to one scale. None for fewer than three rows or a single objective.
    """
    costs = np.asarray(costs, float)
    if len(costs) < 3 or costs.shape[1] < 2:
        return None
    points = scaled(costs)
    # (objectives, objectives): the best row of each objective
    ends = points[np.argmin(points, axis=0)]
    try:
        normal = np.linalg.solve(ends, np.ones(len(ends)))
    except np.linalg.LinAlgError:
        normal = np.ones(points.shape[1])
    # Ends that lie on one plane through the origin, or a front of fewer dimensions, give no
    # direction; then all objectives count alike.
    if not np.all(np.isfinite(normal)) or np.any(normal <= 0):
        normal = np.ones(points.shape[1])
    # The normal points away from the origin: the smallest product is the farthest below the plane.
    return int(np.argmin(points @ normal))
