"""The tables of a comparison: schemes, refusals, figures, the breakdown of every scheme, the
epochs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archsim.report.comparison.cells import in_unit, key_of, text_column
from archsim.report.comparison.detail_tables import breakdown_table, epoch_table, used_figures
from archsim.report.comparison.equal_terms import paired_table, tuning_table
from archsim.report.comparison.view import ComparisonView
from archsim.report.comparison.words import verdict_text
from archsim.report.drawing import format as fmt
from archsim.report.table import Column, ShownTable


def _percent(value: object) -> str:
    return f"{value:.2f} %" if fmt.is_number(value) else fmt.NONE


def _span(low: object, high: object, write: Callable[[object], str]) -> str:
    return f"{write(low)} to {write(high)}" if fmt.is_number(low) and fmt.is_number(high) else ""


def scheme_table(view: ComparisonView) -> ShownTable:
    """One row a scheme; under area and energy 5 to 95 % of the draws, or what spilled off chip."""
    rows = [
        row
        | {
            # Without a unit: it stands under the area, which has one.
            "area_span": _span(
                row["area_low_mm2"], row["area_high_mm2"], lambda v: fmt.significant(v, 3)
            ),
            "system_area_span": _span(
                row["system_area_low_mm2"],
                row["system_area_high_mm2"],
                lambda v: fmt.significant(v, 3),
            ),
            # What spilled off the chip explains the energy better than its range does.
            "system_energy_span": row["off_chip"]
            or _span(row["system_energy_low_j"], row["system_energy_high_j"], in_unit("J")),
            "energy_span": _span(
                row["energy_low_per_image_j"], row["energy_high_per_image_j"], in_unit("J")
            ),
        }
        for row in view.rows
    ]
    return ShownTable("schemes", "Schemes", (*_WHAT_IT_IS, *_WHAT_IT_COSTS), rows)


def _three(value: object) -> str:
    return fmt.significant(value, 3)


def _kibibytes(value: object) -> str:
    return f"{fmt.significant(value, 3)} KiB" if fmt.is_number(value) else fmt.NONE


def _column(
    name: str, heading: str, write: Callable[[Any], str], below: str = "", numeric: bool = True
) -> Column:
    return Column(name, heading, key_of(name), write, numeric=numeric, below=below)


def _csv_only(name: str) -> Column:
    """A column of the file that the page leaves out."""
    return Column(name, name, key_of(name), str, hidden=True)


_WHAT_IT_IS = (
    _column("number", "No.", str),
    Column("label", "Label", key_of("label"), str, numeric=False, hidden=True),
    _column("name", "Scheme", str, below="device", numeric=False),
    text_column("scheme", "Rule", hidden=True),
    text_column("title", "What it does", hidden=True),
    text_column("device", "Device", hidden=True),
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
    _column("energy_per_image_j", "Energy / image", in_unit("J"), below="energy_span"),
    _csv_only("energy_low_per_image_j"),
    _csv_only("energy_high_per_image_j"),
    _column(
        "system_energy_per_image_j", "Energy with its memory", in_unit("J"), "system_energy_span"
    ),
    _csv_only("system_energy_low_j"),
    _csv_only("system_energy_high_j"),
    _csv_only("off_chip"),
    _column("update_energy_per_image_j", "of it update", in_unit("J")),
    _column("latency_per_image_s", "Time / image", in_unit("s")),
    _column("writes_per_device", "Writes / device", _three),
    _column("most_writes_per_device", "Most written array", _three),
    _column("extra_memory_kib", "Extra memory", _kibibytes),
    _column("tiles", "Tiles", fmt.count),
    _column("images_per_second", "Images/s a core", _three),
)


def verdict_table(view: ComparisonView) -> ShownTable:
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
        Column("told", "Verdict", key_of("told"), str, numeric=False),
        _csv_only("a"),
        _csv_only("b"),
        _csv_only("quantity"),
        _csv_only("boundary"),
        Column(
            "share_of_draws", "Share of draws", key_of("share_of_draws"), fmt.percent, share=True
        ),
        text_column("verdict", "How sure"),
        text_column("decided_by", "Decided by"),
        Column("explained", "which explains", key_of("explained"), fmt.percent),
        text_column("basis", "Rests on"),
        _csv_only("difference"),
        text_column("standing", "Stands as"),
    )
    return ShownTable("verdicts", "Pair by pair", columns, rows)


def refused_table(view: ComparisonView) -> ShownTable:
    """The schemes that this chip or network cannot run."""
    rows = [{"scheme": name, "reason": reason} for name, reason in view.refused.items()]
    return ShownTable(
        "refused", "Not run", (text_column("scheme", "Scheme"), text_column("reason", "Why")), rows
    )


def comparison_tables(view: ComparisonView) -> dict[str, ShownTable]:
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
