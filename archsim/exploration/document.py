"""A sweep as one JSON document: what the report shows and other tools read. Points beyond
MOST_POINTS stay in the store.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from archsim.basics.version import VERSION
from archsim.exploration.analysis.front import front_indices, knee_index, layers, uncertainty
from archsim.exploration.document_analysis import analysis_of, parts_of
from archsim.exploration.space.space import Space
from archsim.exploration.store.table import PointTable
from archsim.exploration.store.versions import code_version, figures_version
from archsim.exploration.work.metrics import UNITS
from archsim.readers.versions import current_version

if TYPE_CHECKING:
    from archsim.exploration.sweep import Sweep

MOST_POINTS = 2000
_MOST_REASONS = 12


def sweep_document(sweep: Sweep) -> dict[str, Any]:
    """The document of a finished sweep; the same sweep gives the same document."""
    space = sweep.space
    top = _top(sweep)
    chosen = _shown(top)
    front_of = layers(top)
    rows = list(top.rows(chosen))
    runs = sweep.runs([top.key(i) for i in chosen]) if top.rung.kind != "price" else {}
    parts = parts_of(top, chosen, runs)
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
        "analysis": analysis_of(sweep),
        "notes": list(sweep.notes),
        "guards": _guards(top),
    }


def _unit(path: str) -> str:
    return UNITS.get(path.rsplit(".", 1)[-1], "")


def _top(sweep: Sweep) -> PointTable:
    """The highest rung that has a point to show."""
    # A rung may have refused all its points; the one below still has something to say.
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


def _rung(table: PointTable) -> dict[str, Any]:
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


def _guards(table: PointTable) -> list[dict[str, Any]]:
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


def _reasons(tables: list[PointTable]) -> list[dict[str, Any]]:
    """Why points are missing, most frequent first; numbers in messages differ, so each reason is
    told by its first example.
    """
    counts: Counter[tuple[str, str, str]] = Counter()
    for table in tables:
        status = table.status
        for index, reason in table.reasons.items():
            word = ("refused", "failed")[status[index] - 1]
            # What was got differs from point to point and would make each reason one of its own.
            counts[table.rung.label, word, reason.split("; got")[0]] += 1
    return [
        {"rung": rung, "status": status, "reason": reason, "points": count}
        for (rung, status, reason), count in counts.most_common(_MOST_REASONS)
    ]


def _shown(table: PointTable) -> list[int]:
    """Rows to show in full: those near the front first, then an even pick of the rest."""
    valid = np.flatnonzero(table.valid)
    if len(valid) <= MOST_POINTS:
        return valid.tolist()
    near = set(layers(table))
    rest = [int(i) for i in valid if int(i) not in near]
    # Evenly and not by chance, so that the same sweep gives the same document.
    picked = np.linspace(0, len(rest) - 1, MOST_POINTS - len(near)).astype(int)
    return sorted(near | {rest[i] for i in picked})


def _below(sweep: Sweep, top: PointTable) -> list[dict[str, Any]]:
    """Points of the rung below the top one that did not go on: objectives only, an even pick, as a
    backdrop.
    """
    position = sweep.tables.index(top)
    if position == 0:
        return []
    table = sweep.tables[position - 1]
    # By key: the rungs number their points each on its own.
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
    # JSON has no NaN. Six digits are more than a plot shows, and they halve the file.
    return None if np.isnan(value) else float(f"{value:.6g}")
