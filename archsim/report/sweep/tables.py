"""The tables of a sweep's report: designs, uncertainty, sensitivities, rungs and figures."""

from __future__ import annotations

from collections.abc import Callable

from archsim.report.drawing import format as fmt
from archsim.report.run.tables import figure_table
from archsim.report.run.view import View
from archsim.report.sweep.view import SweepView
from archsim.report.table import Column, Row, ShownTable


def sweep_tables(view: SweepView) -> dict[str, ShownTable]:
    """Every table by name."""
    made = (
        design_table(view),
        band_table(view),
        sensitivity_table(view),
        effect_table(view),
        rung_table(view),
        reason_table(view),
        figure_table(View({"figures": view.document["figures"]})),
    )
    return {table.name: table for table in made}


def _key(name: str) -> Callable[[Row], object]:
    return lambda row: row.get(name)


def _writer(view: SweepView, path: str) -> Callable[[object], str]:
    return lambda value: view.write(path, value)


def _objectives(view: SweepView) -> tuple[Column, ...]:
    return tuple(
        Column(
            o["path"], view.name(o["path"]).capitalize(), _key(o["path"]), _writer(view, o["path"])
        )
        for o in view.objectives
    )


def design_table(view: SweepView) -> ShownTable:
    """The front first, then what is near it, then the rest; axes as set, objectives with units."""
    layer = dict(zip((row["point"] for row in view.points), view.document["layers"]))
    # Layer 1 is the front; points that no layer was worked out for (0 or none) come last.
    rows = sorted(view.points, key=lambda row: (layer[row["point"]] or 10**9, row["point"]))
    axes = tuple(
        Column(
            axis["path"],
            view.short(axis["path"]).capitalize(),
            _key(axis["path"]),
            fmt.plain,
            numeric=all(fmt.is_number(row[axis["path"]]) for row in rows),
        )
        for axis in view.axes
    )
    front = Column(
        "layer",
        "Front",
        lambda row: layer[row["point"]] or None,
        lambda v: "front" if v == 1 else f"{v}." if v else fmt.NONE,
    )
    number = Column("point", "Design", _key("point"), lambda v: f"#{v}")
    # its options stand in the table of rungs
    rung = Column("rung", "Rung", _key("rung"), lambda v: str(v).split("(")[0], numeric=False)
    held = Column("held_back", "Held back", _key("held_back"), str, numeric=False)
    device = Column("trained_on", "Trained on", _key("trained_on"), str, numeric=False)
    more = tuple(column for column in (device, held) if any(row.get(column.name) for row in rows))
    return ShownTable(
        "designs", "Designs", (number, front, *axes, *_objectives(view), rung, *more), rows
    )


def _probability(value: object) -> str:
    return f"{value:.2f}" if fmt.is_number(value) else fmt.NONE


def band_table(view: SweepView) -> ShownTable:
    rows = [
        {
            "point": row["point"],
            "front_share": row["front_share"],
            "verdict": row["verdict"],
            **{
                f"{name}_{end}": value
                for name, band in row["bands"].items()
                for end, value in zip(("low", "median", "high"), band)
            },
            **{f"P({text})": share for text, share in row.get("constraints", {}).items()},
        }
        for row in view.document["uncertainty"]
    ]
    columns = [
        Column("point", "Design", _key("point"), lambda v: f"#{v}"),
        Column("front_share", "Draws on the front", _key("front_share"), fmt.percent, share=True),
        Column("verdict", "Verdict", _key("verdict"), str, numeric=False),
    ]
    for objective in view.objectives:
        path = objective["path"]
        for end, word in (("low", "5 %"), ("median", "median"), ("high", "95 %")):
            columns.append(
                Column(
                    f"{path}_{end}",
                    f"{view.name(path).capitalize()}, {word}",
                    _key(f"{path}_{end}"),
                    _writer(view, path),
                )
            )
    for text in view.document["constraints"]:
        if any(text in row.get("constraints", {}) for row in view.document["uncertainty"]):
            columns.append(
                Column(f"P({text})", f"P({text})", _key(f"P({text})"), _probability, share=True)
            )
    return ShownTable("bands", "Bands", tuple(columns), rows)


def sensitivity_table(view: SweepView) -> ShownTable:
    rows = [
        {
            "objective": entry["objective"],
            "axes": " × ".join(item.get("axes") or [item["axis"]]),
            "rung": entry["rung"],
            "share": item["share"],
            "low": item["low"],
            "high": item["high"],
            "points": entry["points"],
        }
        for entry in view.document["analysis"]
        for item in (*entry["first"], *entry["pairs"])
    ]
    columns = (
        Column("objective", "Objective", _key("objective"), view.name, numeric=False),
        Column("axes", "Axis, or two together", _key("axes"), str, numeric=False),
        Column("share", "Share of variance", _key("share"), fmt.percent, share=True),
        Column("low", "5 %", _key("low"), fmt.percent),
        Column("high", "95 %", _key("high"), fmt.percent),
        Column("points", "Points", _key("points"), fmt.count),
        Column("rung", "Rung", _key("rung"), str, numeric=False),
    )
    return ShownTable("sensitivity", "Sensitivities", columns, rows)


def effect_table(view: SweepView) -> ShownTable:
    """The main effects in numbers: for every objective, axis and value the mean and the middle half
    over all other axes.
    """
    rows = [
        {
            "objective": entry["objective"],
            "rung": entry["rung"].split("(")[0],
            "axis": effect["axis"],
            **row,
        }
        for entry in view.document["analysis"]
        for effect in entry["effects"]
        for row in effect["rows"]
    ]
    words = tuple(
        Column(name, name.capitalize(), _key(name), str, numeric=False)
        for name in ("objective", "rung", "axis", "value")
    )
    return ShownTable(
        "effects",
        "Main effects",
        words
        + tuple(
            Column(name, name.capitalize(), _key(name), fmt.significant)
            for name in ("mean", "low", "high", "points")
        ),
        rows,
    )


def rung_table(view: SweepView) -> ShownTable:
    columns = (
        Column("label", "Rung", _key("label"), str, numeric=False),
        *(
            Column(name, name.capitalize(), _key(name), fmt.count)
            for name in ("points", "done", "refused", "failed", "outside")
        ),
    )
    return ShownTable("rungs", "Rungs of the fidelity ladder", columns, view.document["rungs"])


def reason_table(view: SweepView) -> ShownTable:
    columns = (
        Column("reason", "Why", _key("reason"), str, numeric=False),
        Column("status", "Status", _key("status"), str, numeric=False),
        Column("points", "Points", _key("points"), fmt.count),
        Column("rung", "Rung", _key("rung"), str, numeric=False),
    )
    return ShownTable("reasons", "Designs that are missing", columns, view.document["reasons"])
