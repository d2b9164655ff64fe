"""How much of an objective's spread each axis explains: variance-based (Sobol) indices from the
points of a sweep.

I. M. Sobol, Math. Comput. Simul. 55 (2001): the first-order index of an axis is Var(E[y | axis]) /
Var(y). On a whole grid the means over the other axes are exact; on drawn points the index is
corrected for the scatter of group means (epsilon squared, Kelley 1935). An objective that is
positive and spans more than tenfold is taken in its logarithm. Intervals: bootstrap.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from archsim.exploration.store.table import PointTable

MAX_GROUPS = 12
_RESAMPLES = 200
_MOST_POINTS = 20_000


@dataclass(frozen=True, slots=True)
class Index:
    """The share of variance that an axis, or the interaction of two, explains, with its 5th and
    95th percentile.
    """

    axes: tuple[str, ...]
    share: float
    low: float
    high: float


def groups_of(table: PointTable, number: int, indices: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """The group of each point along an axis, and what the groups are called; continuous axes are
    cut into equal shares.
    """
    axis = table.space.axes[number]
    values = table.codes(number)[indices]
    # Few values are groups by themselves; of many each would have too few points.
    if axis.values and len(axis.values) <= MAX_GROUPS:
        return values.astype(int), [_name(v) for v in axis.values]
    values = table.axis(number)[indices]
    # Groups of as many points each. Quantiles that coincide would give empty ones.
    edges = np.unique(np.quantile(values, np.linspace(0, 1, 9)))
    codes = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, max(0, len(edges) - 2))
    return codes, [f"{a:.4g} to {b:.4g}" for a, b in zip(edges, edges[1:])] or [_name(values[0])]


def _name(value: object) -> str:
    return (
        f"{value:g}"
        if isinstance(value, int | float) and not isinstance(value, bool)
        else str(value)
    )


def on_scale(values: np.ndarray) -> tuple[np.ndarray, bool]:
    """The values, or their natural logarithms where all are positive and span more than tenfold;
    True for the latter.
    """
    logarithmic = bool(len(values)) and values.min() > 0 and values.max() > 10 * values.min()
    return (np.log(values), True) if logarithmic else (values, False)


def explained(
    groups: np.ndarray, values: np.ndarray, exact: bool, weights: np.ndarray | None = None
) -> float:
    """The share of the variance of `values` that lies between groups, corrected for their number
    unless `exact`.
    """
    weights = np.ones(len(values)) if weights is None else weights
    count = np.bincount(groups, weights)
    used = count > 0
    total = weights.sum()
    mean = np.bincount(groups, weights * values)[used] / count[used]
    centre = (weights * values).sum() / total
    all_squares = (weights * (values - centre) ** 2).sum()
    # Rounding noise of a constant has a variance, too, and some axis would explain it.
    if all_squares <= 1e-12 * total * max(1e-300, centre**2):
        return 0.0
    between = (count[used] * (mean - centre) ** 2).sum()
    # Means of few random points scatter, which looks like an effect of the axis. On a whole grid
    # they don't.
    if not exact and total > used.sum():
        between -= (used.sum() - 1) * (all_squares - between) / (total - used.sum())
    return float(between / all_squares)


def sensitivities(
    table: PointTable, metric: str, exact: bool, seed: int = 0
) -> tuple[list[Index], list[Index], bool]:
    """First-order indices, interactions of pairs (largest first), and whether the logarithm was
    taken.

    Only points that were worked out count, constraints or not; `exact` says that they are a whole
    grid. Interactions are the pair's share less those of its axes.
    """
    values = table.metric(metric)
    indices = np.flatnonzero((table.status == 0) & np.isfinite(values))
    generator = np.random.Generator(np.random.Philox(seed))
    if len(indices) > _MOST_POINTS:
        # Shares don't get more certain with more points than this, only slower.
        indices = np.sort(generator.choice(indices, _MOST_POINTS, replace=False))
    values, logarithmic = on_scale(values[indices])
    if len(values) < 4:
        return [], [], logarithmic
    # resampling with weights: how often each point is drawn
    # A bound on the work; 20 still give a rough interval.
    resamples = min(_RESAMPLES, max(20, 2_000_000 // len(values)))
    draws = [
        generator.multinomial(len(values), np.full(len(values), 1 / len(values))).astype(float)
        for _ in range(resamples)
    ]
    paths = [axis.path for axis in table.space.axes]
    codes = []
    for number in range(len(paths)):
        codes.append(groups_of(table, number, indices)[0])
    first = [_index((path,), code, values, exact, draws, 0.0) for path, code in zip(paths, codes)]
    pairs = []
    for a, b in combinations(range(len(paths)), 2):
        # Every pair of groups as a group of its own.
        both = codes[a] * (codes[b].max() + 1) + codes[b]
        share = explained(both, values, exact) - first[a].share - first[b].share
        pairs.append((share, a, b, both))
    pairs.sort(key=lambda pair: -pair[0])
    top = [
        _index((paths[a], paths[b]), both, values, exact, draws, first[a].share + first[b].share)
        for _, a, b, both in pairs[:3]
    ]
    return first, top, logarithmic


def _index(
    axes: tuple[str, ...],
    groups: np.ndarray,
    values: np.ndarray,
    exact: bool,
    draws: list[np.ndarray],
    less: float,
) -> Index:
    # Pairs of values that don't occur would be counted as groups otherwise.
    _, groups = np.unique(groups, return_inverse=True)
    share = explained(groups, values, exact) - less
    # a resample adds scatter of its own to the group means, on a grid too: the interval is
    # corrected, then put around the index
    resampled = np.array([explained(groups, values, False, draw) for draw in draws]) - less
    spread = np.percentile(resampled, (5, 95)) - np.mean(resampled)
    low, high = float(spread[0]), float(spread[1])
    return Index(axes, max(0.0, share), max(0.0, share + low), min(1.0, max(0.0, share + high)))


def main_effects(table: PointTable, metric: str, number: int) -> list[dict[str, object]]:
    """The objective along an axis: for each value its mean (geometric where on a logarithmic scale)
    and quartiles over all else.
    """
    values = table.metric(metric)
    indices = np.flatnonzero((table.status == 0) & np.isfinite(values))
    if not len(indices):
        return []
    groups, names = groups_of(table, number, indices)
    numbers, logarithmic = on_scale(values[indices])
    back = np.exp if logarithmic else (lambda v: v)
    rows = []
    for group, name in enumerate(names):
        own = numbers[groups == group]
        if len(own):
            low, high = np.percentile(own, (25, 75))
            rows.append(
                {
                    "value": name,
                    "mean": float(back(own.mean())),
                    "low": float(back(low)),
                    "high": float(back(high)),
                    "points": len(own),
                }
            )
    return rows


def interaction(table: PointTable, metric: str, first: int, second: int) -> list[dict[str, object]]:
    """The mean of the objective for every pair of values of two axes, as rows {first, second, mean,
    points}.
    """
    values = table.metric(metric)
    indices = np.flatnonzero((table.status == 0) & np.isfinite(values))
    one, names = groups_of(table, first, indices)
    two, others = groups_of(table, second, indices)
    numbers, logarithmic = on_scale(values[indices])
    back = np.exp if logarithmic else (lambda v: v)
    rows = []
    for a, name in enumerate(names):
        for b, other in enumerate(others):
            own = numbers[(one == a) & (two == b)]
            if len(own):
                rows.append(
                    {
                        "first": name,
                        "second": other,
                        "mean": float(back(own.mean())),
                        "points": len(own),
                    }
                )
    return rows
