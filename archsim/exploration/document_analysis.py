"""What the JSON of a sweep says of the parts of its front and of what its axes do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from archsim.exploration.analysis import sensitivity
from archsim.exploration.analysis.cannot_act import why_not
from archsim.exploration.analysis.front import front_indices
from archsim.exploration.store.table import PointTable
from archsim.exploration.work.pricing import breakdown

if TYPE_CHECKING:
    from archsim.exploration.sweep import Sweep


_LEAST_INTERACTION = 0.01  # of the variance, for a plot of its own


class _Parts(NamedTuple):
    """Component names; for every shown point [area in mm2, energy an image in J] of each, None for
    one that it has not; the figures under the front.
    """

    components: list[str]
    rows: list[list[list[float] | None]]
    figures: list[dict[str, Any]]


def parts_of(table: PointTable, chosen: list[int], runs: dict[str, Any]) -> _Parts:
    from archsim.cost.figures_used import figures_used

    names: dict[str, int] = {}
    rows: list[list[list[float] | None]] = []
    figures: dict[str, dict[str, Any]] = {}
    front = set(front_indices(table))
    priced = np.isfinite(table.metric("area_mm2"))
    for index in chosen:
        if not priced[index]:  # a reference run has no price
            rows.append([])
            continue
        estimate = breakdown(table.space.design(table.point(index)), runs.get(table.key(index)))
        # Designs differ in their components: those met later are missing in the rows before.
        row: list[list[float] | None] = [None] * len(names)
        for cost in estimate.within("chip"):
            column = names.setdefault(cost.component.name, len(names))
            row += [None] * (column + 1 - len(row))
            row[column] = [
                float(f"{cost.area_mm2.value:.4g}"),
                float(f"{cost.energy_j.value / estimate.images:.4g}"),
            ]
        rows.append(row)
        # Figures of designs that nobody would build needn't be cited.
        if index in front:
            figures.update({str(figure["name"]): figure for figure in figures_used(estimate)})
    return _Parts(list(names), rows, [figures[name] for name in sorted(figures)])


def analysis_of(sweep: Sweep) -> list[dict[str, Any]]:
    """Sensitivities, main effects and the strongest interaction of each objective, from the lowest
    rung that knows it.
    """
    entries = []
    for objective in sweep.space.objectives:
        known = [
            table
            for table in sweep.tables
            if objective.path in table.metrics and np.isfinite(table.metric(objective.path)).any()
        ]
        # The lowest rung that knows the objective has the most points, and they were not chosen by
        # it.
        if known:
            entries.append(_analysed(sweep, objective.path, known[0]))
    return entries


def _analysed(sweep: Sweep, path: str, table: PointTable) -> dict[str, Any]:
    lowest = table is sweep.tables[0]
    # Points of a higher rung were chosen by their values, so they're no grid.
    whole_grid = lowest and sweep.space.sampler.kind == "grid"
    first, pairs, logarithmic = sensitivity.sensitivities(table, path, whole_grid)
    left_out = {
        axis.path: reason
        for axis in sweep.space.axes
        if (reason := why_not(axis.path, path, table.drifting))
    }
    first = [index for index in first if not left_out.keys() & set(index.axes)]
    pairs = [index for index in pairs if not left_out.keys() & set(index.axes)]
    numbers = {axis.path: number for number, axis in enumerate(sweep.space.axes)}
    effects = [
        {"axis": axis, "rows": sensitivity.main_effects(table, path, number)}
        for axis, number in numbers.items()
    ]
    interaction = None
    if pairs and pairs[0].share > _LEAST_INTERACTION:
        one, other = pairs[0].axes
        rows = sensitivity.interaction(table, path, numbers[one], numbers[other])
        interaction = {"axes": [one, other], "rows": rows}
    return {
        "objective": path,
        "rung": table.rung.label,
        "points": int(np.isfinite(table.metric(path)).sum()),
        "promoted": not lowest,
        "logarithmic": logarithmic,
        "first": [
            {"axis": i.axes[0], "share": i.share, "low": i.low, "high": i.high} for i in first
        ],
        "pairs": [
            {"axes": list(i.axes), "share": i.share, "low": i.low, "high": i.high} for i in pairs
        ],
        "left_out": [{"axis": axis, "reason": reason} for axis, reason in left_out.items()],
        "effects": effects,
        "interaction": interaction,
    }
