"""What a sweep's report says in words: headline numbers, subtitle and captions, all from the
document.
"""

from __future__ import annotations

from archsim.cost.draws import BANDS
from archsim.report.drawing import format as fmt
from archsim.report.run.headline import Headline
from archsim.report.sweep.view import SweepView


def subtitle(view: SweepView) -> str:
    """What was explored, in one line."""
    fixed = view.document["fixed"]
    axes = {axis["path"] for axis in view.axes}
    words = [
        f"{fixed[word]}"
        for word in ("network", "architecture", "scheme", "phase")
        if fixed.get(word) and word not in axes
    ]
    return " · ".join(
        [
            *words,
            f"{len(view.axes)} axes",
            f"{fmt.count(view.document['rungs'][0]['points'])} designs",
        ]
    )


def headline(view: SweepView) -> list[Headline]:
    """Designs, front, and the best value of each objective with its design."""
    rungs = view.document["rungs"]
    ladder = " → ".join(f"{fmt.count(rung['done'])} {rung['kind']}" for rung in rungs)
    undecided = sum(view.undecided(row["point"]) for row in view.points)
    numbers = [
        Headline("Designs", fmt.count(rungs[0]["points"]), ladder),
        Headline(
            "On the front",
            fmt.count(len(view.front)),
            f"{undecided} undecided by the figures' spread",
        ),
    ]
    for objective in view.objectives[:4]:
        path = objective["path"]
        rows = [
            row for row in view.points if fmt.is_number(row.get(path)) and not row.get("held_back")
        ]
        if rows:
            # What a guard holds back is on no front, so it is no best design either.
            best = (min if objective["direction"] == "minimise" else max)(
                rows, key=lambda row: row[path]
            )
            low = min(row[path] for row in rows)
            high = max(row[path] for row in rows)
            word = "Least" if objective["direction"] == "minimise" else "Most"
            numbers.append(
                Headline(
                    f"{word} {view.name(path)}",
                    view.write(path, best[path]),
                    f"design #{best['point']}",
                    f"{view.write(path, low)} to {view.write(path, high)}",
                )
            )
    return numbers


def captions(view: SweepView) -> dict[str, str]:
    """Caption by a figure's name, or by the first word of it."""
    return {
        "pareto_1_2": _pareto(view),
        "pareto_1_1": _pareto(view),
        "pareto": "The same designs, seen by another pair of objectives.",
        "bands": _bands(view),
        "sensitivity": _sensitivity(view),
        "effects": _effects(view),
        "interactions": "Means over all other axes. Where lines are not parallel, the best value of one axis "
        "depends on the other.",
    }


def _pareto(view: SweepView) -> str:
    text = (
        f"{fmt.count(len(view.points))} designs on rung ‘{view.document['rung']}’; "
        f"{len(view.front)} are on the front of "
    )
    text += f"{len(view.objectives)} objective{'s' if len(view.objectives) > 1 else ''} "
    text += f"({', '.join(view.name(o['path']) for o in view.objectives)})."
    if len(view.objectives) > 2:
        text += " A plot shows two of them, so a design on the front may look dominated."
    if view.document["uncertainty"]:
        text += (
            " Lines through a point span 5 to 95 % of the draws of the figures; undecided: on the "
            "front in 5 to 95 % of the draws."
        )
    if view.document["below"]:
        rungs = view.document["rungs"]
        below = rungs[
            max(
                0,
                next(i for i, rung in enumerate(rungs) if rung["label"] == view.document["rung"])
                - 1,
            )
        ]["kind"]
        text += " Small grey points stayed on the rung below" + {
            "price": ", where less is counted: a price-only energy has no leakage and no clock.",
            "timing": ", simulated with assumed activity.",
        }.get(below, ".")
    for guard in view.document.get("guards", []):
        text += f" On no front: {guard['points']} designs, {guard['reason']}."
    return text


def _bands(view: SweepView) -> str:
    rows = view.document["uncertainty"]
    if not rows:
        return ""
    sure = sum(row["verdict"] == "front" for row in rows)
    undecided = sum(row["verdict"] == "undecided" for row in rows)
    return (
        f"Median and 5 to 95 % of 200 draws. {BANDS} "
        f"{sure} designs are on the front in at least 95 % of the draws, {undecided} are "
        "undecided: with these figures nobody "
        "can tell. Latency and accuracy rest on no figure and have no band."
    )


def _sensitivity(view: SweepView) -> str:
    tops = []
    for entry in view.document["analysis"]:
        if entry["first"]:
            best = max(entry["first"], key=lambda item: item["share"])
            tops.append(
                f"{view.name(entry['objective'])} by {view.short(best['axis'])} "
                f"({fmt.percent(best['share'])})"
            )
    text = (
        "First-order (Sobol) shares of the variance with 5 to 95 % bootstrap intervals; pink: what "
        "two axes do only together."
    )
    promoted = [entry for entry in view.document["analysis"] if entry["promoted"]]
    if promoted:
        text += (
            " Objectives of a higher rung rest on its promoted designs only, which are no even "
            "sample of the space."
        )
    left_out = [
        f"{view.short(item['axis'])} from {view.name(entry['objective'])} ({item['reason']})"
        for entry in view.document["analysis"]
        for item in entry.get("left_out", [])
    ]
    if left_out:
        text += f" Left out, as they cannot act: {'; '.join(left_out)}."
    return f"{text} Driven most: {'; '.join(tops)}." if tops else text


def _effects(view: SweepView) -> str:
    return (
        "Mean over all other axes (geometric where the objective spans more than tenfold); the bar "
        "is the middle half of the designs. "
        "A flat line with long bars: this axis alone says little."
    )
