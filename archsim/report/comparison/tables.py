"""The tables of a comparison: schemes, refusals, figures, the breakdown of every scheme, the
epochs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from archsim.report.comparison.equal_terms import paired_table, tuning_table
from archsim.report.comparison.view import ComparisonView
from archsim.report.comparison.words import verdict_text
from archsim.report.drawing import format as fmt
from archsim.report.drawing.palette import label, token
from archsim.report.run.tables import component_table, figure_table
from archsim.report.run.view import View
from archsim.report.table import Column, Row, Table


def _key(name: str) -> Callable[[Row], object]:
    return lambda row: row.get(name)


def _text(name: str, heading: str, below: str = "", hidden: bool = False) -> Column:
    return Column(
        name,
        heading,
        _key(name),
        lambda value: str(value or fmt.NONE),
        numeric=False,
        below=below,
        hidden=hidden,
    )


def _percent(value: object) -> str:
    return f"{value:.2f} %" if fmt.is_number(value) else fmt.NONE


def _unit(unit: str) -> Callable[[object], str]:
    return lambda value: fmt.si(value, unit, 3)


def _span(low: object, high: object, write: Callable[[object], str]) -> str:
    return f"{write(low)} to {write(high)}" if fmt.is_number(low) and fmt.is_number(high) else ""


def scheme_table(view: ComparisonView) -> Table:
    """One row a scheme; under area and energy 5 to 95 % of the draws, or what spilled off chip."""
    rows = [
        row
        | {
            "area_span": _span(
                row["area_low_mm2"], row["area_high_mm2"], lambda v: fmt.significant(v, 3)
            ),
            "system_area_span": _span(
                row["system_area_low_mm2"],
                row["system_area_high_mm2"],
                lambda v: fmt.significant(v, 3),
            ),
            "system_energy_span": row["off_chip"]
            or _span(row["system_energy_low_j"], row["system_energy_high_j"], _unit("J")),
            "energy_span": _span(
                row["energy_low_per_image_j"], row["energy_high_per_image_j"], _unit("J")
            ),
        }
        for row in view.rows
    ]
    return Table("schemes", "Schemes", (*_WHAT_IT_IS, *_WHAT_IT_COSTS), rows)


def _three(value: object) -> str:
    return fmt.significant(value, 3)


def _kibibytes(value: object) -> str:
    return f"{fmt.significant(value, 3)} KiB" if fmt.is_number(value) else fmt.NONE


def _column(
    name: str, heading: str, write: Callable[[Any], str], below: str = "", numeric: bool = True
) -> Column:
    return Column(name, heading, _key(name), write, numeric=numeric, below=below)


def _csv_only(name: str) -> Column:
    """A column of the file that the page leaves out."""
    return Column(name, name, _key(name), str, hidden=True)


_WHAT_IT_IS = (
    _column("number", "No.", str),
    Column("label", "Label", _key("label"), str, numeric=False, hidden=True),
    _column("name", "Scheme", str, below="device", numeric=False),
    _text("scheme", "Rule", hidden=True),
    _text("title", "What it does", hidden=True),
    _text("device", "Device", hidden=True),
    _column("batch", "Batch", fmt.count),
    _column("learning_rate", "Rate", fmt.plain),
    _csv_only("epochs"),
    _column("accuracy_percent", "Accuracy", _percent, below="accuracy_spread"),
    _csv_only("accuracy_std"),
    _csv_only("seeds"),
    _csv_only("trials"),
    _csv_only("chosen"),
    _csv_only("test_error_percent"),
)
_WHAT_IT_COSTS = (
    _column("area_mm2", "Area", lambda v: fmt.area(v, 3), below="area_span"),
    _csv_only("area_low_mm2"),
    _csv_only("area_high_mm2"),
    _column("system_area_mm2", "with its memory", lambda v: fmt.area(v, 3), "system_area_span"),
    _csv_only("system_area_low_mm2"),
    _csv_only("system_area_high_mm2"),
    _column("power_uw", "Power", lambda v: fmt.power(v, 3)),
    _column("energy_per_image_j", "Energy / image", _unit("J"), below="energy_span"),
    _csv_only("energy_low_per_image_j"),
    _csv_only("energy_high_per_image_j"),
    _column(
        "system_energy_per_image_j", "Energy with its memory", _unit("J"), "system_energy_span"
    ),
    _csv_only("system_energy_low_j"),
    _csv_only("system_energy_high_j"),
    _csv_only("off_chip"),
    _column("update_energy_per_image_j", "of it update", _unit("J")),
    _column("latency_per_image_s", "Time / image", _unit("s")),
    _column("writes_per_device", "Writes / device", _three),
    _column("most_writes_per_device", "Most written array", _three),
    _column("extra_memory_kib", "Extra memory", _kibibytes),
    _column("tiles", "Tiles", fmt.count),
    _column("images_per_second", "Images/s a core", _three),
)


def verdict_table(view: ComparisonView) -> Table:
    """Every pair and quantity: verdicts first, then what is provisional."""
    names = {row["label"]: row["name"] for row in view.rows}
    rows = [
        {**item, "standing": standing, "told": verdict_text(item, names)}
        for standing, items in (
            ("verdict", view.document["verdicts"]),
            ("not settled", view.document["provisional"]),
        )
        for item in items
    ]
    columns = (
        Column("told", "Verdict", _key("told"), str, numeric=False),
        _csv_only("a"),
        _csv_only("b"),
        _csv_only("quantity"),
        _csv_only("boundary"),
        Column("share_of_draws", "Share of draws", _key("share_of_draws"), fmt.percent, share=True),
        _text("verdict", "How sure"),
        _text("decided_by", "Decided by"),
        Column("explained", "which explains", _key("explained"), fmt.percent),
        _text("basis", "Rests on"),
        _csv_only("difference"),
        _text("standing", "Stands as"),
    )
    return Table("verdicts", "Pair by pair", columns, rows)


def refused_table(view: ComparisonView) -> Table:
    """The schemes that this chip or network cannot run."""
    rows = [{"scheme": name, "reason": reason} for name, reason in view.refused.items()]
    return Table("refused", "Not run", (_text("scheme", "Scheme"), _text("reason", "Why")), rows)


def used_figures(view: ComparisonView) -> Table:
    """The figures of all schemes, with how many of them rest on each."""
    table = figure_table(View({"figures": view.figures}))
    count = len(view.views)
    used = Column(
        "schemes", "Schemes", _key("schemes"), lambda v: "all" if v == count else f"{v} of {count}"
    )
    return replace(table, columns=(*table.columns[:6], used, *table.columns[6:]))


def detail_tables(view: ComparisonView, number: int) -> tuple[Table, Table]:
    """Components and phases of one scheme, for all simulated images."""
    own = view.views[number - 1]
    images = own.result["images"]
    of = f"of {fmt.count(images)} image{'' if images == 1 else 's'}"
    phases = [{"phase": name, **part} for name, part in own.result["by_phase"].items()]
    columns = (
        Column("phase", "Phase", _key("phase"), str, numeric=False),
        Column("cycles", "Cycles", _key("cycles"), fmt.count, share=True),
        Column("energy_j", "Energy", _key("energy_j"), lambda v: fmt.si(v, "J"), share=True),
    )
    return (
        replace(
            component_table(own), name=f"components-{number}", heading=f"Components, energy {of}"
        ),
        Table(
            f"phases-{number}",
            f"Phases {of}",
            columns,
            phases,
            lambda row: token("phase", row["phase"]),
        ),
    )


def breakdown_table(view: ComparisonView) -> Table:
    """Every component and phase of every scheme, for a spreadsheet."""
    rows = []
    for row, energy, area, phases in zip(
        view.rows, view.parts("component"), view.parts("area"), view.parts("phase")
    ):
        rows += [
            {
                "label": row["label"],
                "kind": "component",
                "part": role,
                "area_mm2": area[role],
                "energy_per_image_j": value,
            }
            for role, value in energy.items()
        ]
        rows += [
            {"label": row["label"], "kind": "phase", "part": name, "energy_per_image_j": value}
            for name, value in phases.items()
        ]
    columns = (
        _text("label", "Scheme"),
        _text("kind", "Kind"),
        Column("part", "Part", _key("part"), label, numeric=False),
        Column("area_mm2", "Area", _key("area_mm2"), fmt.area),
        Column("energy_per_image_j", "Energy / image", _key("energy_per_image_j"), _unit("J")),
    )
    return Table("breakdown", "Breakdown of every scheme", columns, rows)


def epoch_table(view: ComparisonView) -> Table:
    """The epochs of every scheme, for a spreadsheet."""
    names = ("epoch", "train_error_percent", "test_error_percent", "images_per_second")
    rows = [
        {"label": row["label"]} | {name: epoch[name] for name in names}
        for row, own in zip(view.rows, view.views)
        for epoch in own.rows("epochs")
    ]
    return Table(
        "epochs",
        "Epochs",
        (_text("label", "Scheme"), *(Column(name, name, _key(name), str) for name in names)),
        rows,
    )


def comparison_tables(view: ComparisonView) -> dict[str, Table]:
    """Every table that is also a CSV file, by name."""
    made = (
        verdict_table(view),
        scheme_table(view),
        tuning_table(view),
        paired_table(view),
        refused_table(view),
        breakdown_table(view),
        epoch_table(view),
        used_figures(view),
    )
    return {table.name: table for table in made}
