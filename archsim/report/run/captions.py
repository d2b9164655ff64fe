"""Captions that say what a figure shows in this run, in one or two sentences with numbers."""

from __future__ import annotations

from collections import Counter

from archsim.report.drawing import format as fmt
from archsim.report.drawing.palette import resource_label
from archsim.report.plots.floor import floor_use
from archsim.report.plots.roofline import roofline_points
from archsim.report.plots.timeline import EXACT_SPANS
from archsim.report.run.headline import counted
from archsim.report.run.view import SHARED, View
from archsim.report.training.page import training_caption

_SHARED_ROW = "What belongs to no layer (leakage, clock, controller) is the row ‘shared’."


def caption(name: str, view: View) -> str:
    """The caption of a figure of the catalogue."""
    return {
        "area_by_component": _area,
        "energy_by_component": _energy,
        "boundaries": _boundaries,
        "roofline": _roofline,
        "layers": _layers,
        "timeline": _timeline,
        "resources": _resources,
        "stalls": _stalls,
        "floor": _floor,
        "errors": training_caption,
    }[name](view)


def missing(name: str) -> str:
    """Why a figure is not there."""
    return {"stalls": "Nothing stalled."}.get(name, "This run has no data for this figure.")


def _area(view: View) -> str:
    rows = sorted(view.chip_components, key=lambda row: -row.area_mm2)
    total = sum(row.area_mm2 for row in rows)
    top = rows[:3]
    text = f"Silicon area inside the chip boundary, {fmt.area(total)} in all at {_node(view)}. "
    return (
        text
        + f"Largest: {_names(top)} with {fmt.percent(sum(r.area_mm2 for r in top) / total)} together."
    )


def _floor(view: View) -> str:
    use = floor_use(view)
    if use is None or not use.hottest:
        return "Cores and the share of the time that the busiest part of each works."
    core = max(use.parts, key=use.parts.__getitem__, default=None)
    text = (
        f"{use.cores} cores and the links between them. Hottest is link {use.hottest}, "
        f"{fmt.percent(use.links[use.hottest])} of the time"
    )
    if core is None:
        return f"{text}."
    share, part = use.parts[core]
    return f"{text}; busiest are the {part} of core {core}, {fmt.percent(share)}."


def _energy(view: View) -> str:
    rows = sorted(view.chip_components, key=lambda row: -row.energy_j)
    total = sum(row.energy_j for row in rows)
    static = sum(row.static_energy_j for row in rows)
    text = (
        f"Energy of the whole run inside the chip boundary, {fmt.si(total, 'J')} in all. Largest: "
        f"{_names(rows[:3])}."
    )
    if not view.timed:
        return text + " Dynamic energy only: nothing was timed."
    if not static:
        return text + " No part of the chip leaks: all of it is dynamic."
    return text + f" Static energy (leakage × time, light) is {fmt.percent(static / total)}."


def _boundaries(view: View) -> str:
    boundaries = view.result.get("boundaries") or {}
    macro = boundaries.get("macro") or {}
    system = boundaries.get("system") or {}
    text = (
        "The same run counted three ways, stacked by component; compare tools and papers only at "
        "the same boundary."
    )
    if macro.get("energy_j") and system.get("energy_j"):
        text += (
            f" The system takes {fmt.significant(system['energy_j'] / macro['energy_j'], 3)} times "
            "the energy of the macro."
        )
    return text


def _roofline(view: View) -> str:
    points = roofline_points(view)
    best = max(points, key=lambda point: point.rate)
    share = fmt.percent(best.rate / view.roofline["peak_macs_per_s"])
    text = (
        "Multiply-accumulates a second over multiply-accumulates for each bit moved; both axes "
        "logarithmic. "
    )
    text += "A point is a layer in a phase, the lines are what tiles, buffer and off-chip memory allow. "
    name = f"{best.layer} ({best.phase})"
    if len(points) > 1:
        return f"{text}{name} comes nearest the peak: {share}."
    return f"{text}{name} reaches {share} of the peak."


def _layers(view: View) -> str:
    rows = [row for row in view.layers if row.layer != SHARED]
    total = sum(row.total_energy_j for row in view.layers)
    top = max(rows, key=lambda row: row.total_energy_j)
    share = fmt.percent(top.total_energy_j / total) if total else fmt.NONE
    if len(rows) == 1:
        time = (
            f" and {fmt.count(top.total_cycles)} cycles" if view.timed and top.total_cycles else ""
        )
        return f"{top.layer} takes {share} of the run's energy{time}. {_SHARED_ROW}"
    text = f"Of the layers, {top.layer} takes most energy, {share} of the run"
    if view.timed and any(row.total_cycles for row in rows):
        slow = max(rows, key=lambda row: row.total_cycles)
        # The row `shared` is left out of both: it holds what no layer has.
        # layers may overlap in time, so a share of the sum would mislead
        text += f"; {slow.layer} is busy longest, {fmt.count(slow.total_cycles)} cycles"
    return f"{text}. {_SHARED_ROW}"


def _timeline(view: View) -> str:
    spans = view.rows("timeline")
    lanes = len({row.get("lane") for row in spans})
    text = (
        f"{counted(len(spans), 'span')} on {counted(lanes, 'lane')}, "
        f"{counted(view.number('cycles'), 'cycle')} in all."
    )
    if max(Counter(row.get("lane") for row in spans).values()) > EXACT_SPANS:
        text += (
            " Where spans are too many to draw, the height of a colour is its busy share of that "
            "slice of time."
        )
    return text


def _resources(view: View) -> str:
    rows = [row for row in view.rows("resources") if row.get("total_cycles")]
    top = max(rows, key=lambda row: row.get("busy_cycles", 0) / row["total_cycles"])
    share = fmt.percent(top["busy_cycles"] / top["total_cycles"])
    text = "Cycles of each resource, per cent of the run; busy + stalled + idle = 100 %."
    return f"{text} Busiest: {resource_label(str(top.get('name')))}, {share}."


def _stalls(view: View) -> str:
    cause = max(view.stalls, key=view.stalls.__getitem__)
    total = sum(view.stalls.values())
    share = fmt.percent(view.stalls[cause] / total)
    return (
        f"Cycles in which something was ready but had to wait, summed over all resources. {share} "
        f"waits for {cause}."
    )


def _names(rows: list) -> str:
    names = [row.label for row in rows]
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def _node(view: View) -> str:
    node = view.number("node_nm")
    return f"{fmt.plain(node)} nm" if node else "its own node"
