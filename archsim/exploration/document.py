"""A sweep as one JSON document: what the report shows and other tools read. Points beyond
MOST_POINTS stay in the store.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from archsim.basics.version import VERSION
from archsim.exploration.analysis import sensitivity
from archsim.exploration.analysis.cannot_act import why_not
from archsim.exploration.analysis.front import front_indices, knee_index, layers, uncertainty
from archsim.exploration.space.space import Space
from archsim.exploration.store.table import Table
from archsim.exploration.store.versions import code_version, figures_version
from archsim.exploration.work.metrics import UNITS
from archsim.exploration.work.pricing import breakdown
from archsim.readers.versions import current_version

if TYPE_CHECKING:
    from archsim.exploration.sweep import Sweep

MOST_POINTS = 2000
_MOST_REASONS = 12
_LEAST_INTERACTION = 0.01  # of the variance, for a plot of its own


def sweep_document(sweep: Sweep) -> dict[str, Any]:
    """The document of a finished sweep; the same sweep gives the same document."""
    space = sweep.space
    top = _top(sweep)
    chosen = _shown(top)
    front_of = layers(top)
    rows = list(top.rows(chosen))
    runs = sweep.runs([top.key(i) for i in chosen]) if top.rung.kind != "price" else {}
    parts = _parts(top, chosen, runs)
    return {
        "schema": current_version("sweep"),
        "kind": "sweep",
        "name": space.name,
        "title": space.title,
        "version": VERSION,
        "code": code_version(),
        "figures_version": figures_version(),
        "space": dict(space.content),
        "fixed": dict(space.fixed),
        "axes": _axes(space),
        "objectives": [
            {"path": o.path, "direction": o.direction, "unit": UNITS.get(o.path, _unit(o.path))}
            for o in space.objectives
        ],
        "conditions": [c.text for c in space.conditions],
        "constraints": [c.text for c in space.constraints],
        "rungs": [_rung(table) for table in sweep.tables],
        "rung": top.rung.label,
        "reasons": _reasons(sweep.tables),
        "points": rows,
        "below": _below(sweep, top),
        "layers": [front_of.get(i, 0) for i in chosen],
        "front": front_indices(top),
        "knee": knee_index(top),
        "uncertainty": uncertainty(sweep, top),
        "components": parts.components,
        "parts": parts.rows,
        "figures": parts.figures,
        "analysis": _analysis(sweep),
        "notes": list(sweep.notes),
        "guards": _guards(top),
    }


def _unit(path: str) -> str:
    return UNITS.get(path.rsplit(".", 1)[-1], "")


def _top(sweep: Sweep) -> Table:
    """The highest rung that has a point to show."""
    return next((table for table in reversed(sweep.tables) if table.valid.any()), sweep.tables[-1])


def _axes(space: Space) -> list[dict[str, Any]]:
    return [
        {
            "path": axis.path,
            "values": list(axis.values),
            "low": axis.low,
            "high": axis.high,
            "logarithmic": axis.logarithmic,
        }
        for axis in space.axes
    ]


def _rung(table: Table) -> dict[str, Any]:
    counts = Counter(table.status.tolist())
    return {
        "label": table.rung.label,
        "kind": table.rung.kind,
        "points": len(table),
        "done": counts[0],
        "refused": counts[1],
        "failed": counts[2],
        "outside": int(counts[0] - table.valid.sum()),
    }


def _guards(table: Table) -> list[dict[str, Any]]:
    """Why designs of the top rung enter no front and no knee; numbers differ, so each guard is told
    by its first example, the most frequent first.
    """
    examples: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for text in table.guards.values():
        kind = text.split(":")[0]
        examples.setdefault(kind, text)
        counts[kind] += 1
    return [
        {"reason": examples[kind], "points": count}
        for kind, count in counts.most_common(_MOST_REASONS)
    ]


def _reasons(tables: list[Table]) -> list[dict[str, Any]]:
    """Why points are missing, most frequent first; numbers in messages differ, so each reason is
    told by its first example.
    """
    counts: Counter[tuple[str, str, str]] = Counter()
    for table in tables:
        status = table.status
        for index, reason in table.reasons.items():
            word = ("refused", "failed")[status[index] - 1]
            counts[table.rung.label, word, reason.split("; got")[0]] += 1
    return [
        {"rung": rung, "status": status, "reason": reason, "points": count}
        for (rung, status, reason), count in counts.most_common(_MOST_REASONS)
    ]


def _shown(table: Table) -> list[int]:
    """Rows to show in full: those near the front first, then an even pick of the rest."""
    valid = np.flatnonzero(table.valid)
    if len(valid) <= MOST_POINTS:
        return valid.tolist()
    near = set(layers(table))
    rest = [int(i) for i in valid if int(i) not in near]
    picked = np.linspace(0, len(rest) - 1, MOST_POINTS - len(near)).astype(int)
    return sorted(near | {rest[i] for i in picked})


def _below(sweep: Sweep, top: Table) -> list[dict[str, Any]]:
    """Points of the rung below the top one that did not go on: objectives only, an even pick, as a
    backdrop.
    """
    position = sweep.tables.index(top)
    if position == 0:
        return []
    table = sweep.tables[position - 1]
    gone = {top.key(i) for i in range(len(top))}
    rest = [int(i) for i in np.flatnonzero(table.valid) if table.key(int(i)) not in gone]
    picked = (
        rest
        if len(rest) <= MOST_POINTS
        else [rest[i] for i in np.linspace(0, len(rest) - 1, MOST_POINTS).astype(int)]
    )
    paths = [o.path for o in sweep.space.objectives if o.path in table.metrics]
    columns = {path: table.metric(path) for path in paths}
    return [{path: _number(columns[path][i]) for path in paths} for i in picked]


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(f"{value:.6g}")


class _Parts(NamedTuple):
    """Component names; for every shown point [area in mm2, energy an image in J] of each, None for
    one that it has not; the figures under the front.
    """

    components: list[str]
    rows: list[list[list[float] | None]]
    figures: list[dict[str, Any]]


def _parts(table: Table, chosen: list[int], runs: dict[str, Any]) -> _Parts:
    from archsim.cost.figures_used import figures_used

    names: dict[str, int] = {}
    rows = []
    figures: dict[str, dict[str, Any]] = {}
    front = set(front_indices(table))
    for index in chosen:
        estimate = breakdown(table.space.design(table.point(index)), runs.get(table.key(index)))
        row: list[list[float] | None] = [None] * len(names)
        for cost in estimate.within("chip"):
            column = names.setdefault(cost.component.name, len(names))
            row += [None] * (column + 1 - len(row))
            row[column] = [
                float(f"{cost.area_mm2.value:.4g}"),
                float(f"{cost.energy_j.value / estimate.images:.4g}"),
            ]
        rows.append(row)
        if index in front:
            figures.update({str(figure["name"]): figure for figure in figures_used(estimate)})
    return _Parts(list(names), rows, [figures[name] for name in sorted(figures)])


def _analysis(sweep: Sweep) -> list[dict[str, Any]]:
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
        if known:
            entries.append(_analysed(sweep, objective.path, known[0]))
    return entries


def _analysed(sweep: Sweep, path: str, table: Table) -> dict[str, Any]:
    lowest = table is sweep.tables[0]
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
