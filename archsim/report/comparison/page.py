"""The report of a comparison of update schemes: one self-contained HTML file, in the frame of all
reports. Names are escaped.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from archsim.basics.files import write_files
from archsim.cost.added_up import check_sums
from archsim.cost.draws import BANDS
from archsim.readers.digest import note, read_document, unseal
from archsim.report.comparison.bars import BREAKDOWNS, draw_breakdown
from archsim.report.comparison.captions import (
    breakdown_caption,
    curve_caption,
    subtitle,
    tradeoff_caption,
)
from archsim.report.comparison.curves import draw_curves
from archsim.report.comparison.detail_tables import detail_tables
from archsim.report.comparison.equal_terms import terms_told
from archsim.report.comparison.scatter import COSTS, draw_tradeoff
from archsim.report.comparison.tables import comparison_tables
from archsim.report.comparison.verdict import verdict_panel
from archsim.report.comparison.view import ComparisonView
from archsim.report.drawing import format as fmt
from archsim.report.drawing.plot import Plot
from archsim.report.run.export import write_drawings
from archsim.report.run.page import environment, flatten, page_plot, references
from archsim.report.run.view import FIGURE_KINDS
from archsim.run.comparison_schema import check_comparison
from hwlib.errors import InputError

_TEMPLATES = Path(__file__).parents[1] / "templates"
_MISSING = "This comparison has no data for this figure."
_HEADINGS = {
    "error_over_energy": "Error over energy",
    "error_over_area": "Error over area",
    "error_over_time": "Error over time",
    "error_over_writes": "Error over device writes",
    "errors": "Learning curves",
}


def comparison_plots(view: ComparisonView) -> dict[str, Plot]:
    """Every plot of a comparison, by name."""
    trade_offs = [
        Plot(
            name,
            _HEADINGS[name],
            partial(draw_tradeoff, view, name),
            partial(tradeoff_caption, view, name),
            _MISSING,
        )
        for name in COSTS
    ]
    errors = Plot(
        "errors",
        _HEADINGS["errors"],
        partial(draw_curves, view),
        partial(curve_caption, view),
        _MISSING,
    )
    breakdowns = [
        Plot(
            name,
            made.words,
            partial(draw_breakdown, view, name),
            partial(breakdown_caption, view, name),
            _MISSING,
        )
        for name, made in BREAKDOWNS.items()
    ]
    return {plot.name: plot for plot in (*trade_offs, errors, *breakdowns)}


def render_comparison(document: Mapping[str, Any]) -> str:
    """The report as HTML text; the same document gives the same text."""
    from markupsafe import Markup

    view = ComparisonView(document)
    plots = {name: page_plot(plot) for name, plot in comparison_plots(view).items()}
    style, script = (
        Markup((_TEMPLATES / f"comparison.{name}").read_text(encoding="utf-8"))
        for name in ("css", "js")
    )
    details = [
        {
            "row": row,
            "facts": _facts(row),
            "tables": detail_tables(view, row["number"]),
            "notes": view.own_notes(row["number"]),
            "settings": list(flatten(own.result["training"]["settings"])),
        }
        for row, own in zip(view.rows, view.views)
    ]
    return (
        environment()
        .get_template("comparison.html.j2")
        .render(
            title=f"{view.title}: update schemes",
            view=view,
            subtitle=subtitle(view),
            terms=terms_told(view),
            panel=verdict_panel(view),
            meaning=BANDS,
            tables=comparison_tables(view),
            figures=plots,
            details=details,
            references=references(view.figures),
            kinds=FIGURE_KINDS,
            # One chip for all schemes: the first one's settings are everybody's.
            settings=list(flatten(view.views[0].result["settings"])),
            own_style=style,
            own_script=script,
        )
    )


def _facts(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What stands at the head of a scheme's breakdown."""
    share = (
        row["update_energy_per_image_j"] / row["energy_per_image_j"]
        if row["energy_per_image_j"]
        else None
    )
    accuracy = row["accuracy_percent"]
    return [
        ("accuracy", fmt.NONE if accuracy is None else f"{accuracy:.2f} %"),
        ("energy / image", fmt.si(row["energy_per_image_j"], "J")),
        ("of it in the update", fmt.percent(share)),
        ("time / image", fmt.si(row["latency_per_image_s"], "s")),
        ("area", fmt.area(row["area_mm2"])),
        ("power", fmt.power(row["power_uw"])),
        ("writes / device", fmt.significant(row["writes_per_device"])),
        ("of the array written most", fmt.significant(row["most_writes_per_device"])),
    ]


def load_comparison(path: str | Path) -> dict[str, Any]:
    """The checked document of a compare.json, without digests. Raises InputError where it cannot be
    read, is none, was damaged, or does not agree with its own ledgers and prices; nothing in it is
    executed.
    """
    hint = "archsim compare NETWORK --out DIR makes one"
    document, sealed = read_document(path, "comparison", hint)
    if isinstance(document, dict) and isinstance(document.get("schemes"), list):
        # Each scheme was sealed by itself, so that one that was edited is named.
        opened = [
            _opened(entry, f"{path}: schemes[{i}]") for i, entry in enumerate(document["schemes"])
        ]
        document = document | {"schemes": opened}
    document = check_comparison(document, str(path))
    added_up = [
        check_sums(entry, f"{path}: schemes[{index}]")
        for index, entry in enumerate(document["schemes"])
    ]
    # Documents of older versions have neither: they open, and the reader is told so.
    missing = [word for word, there in (("digest", sealed), ("prices", all(added_up))) if not there]
    if missing:
        note(f"{path}: stored without {' and '.join(missing)}; its sums were checked")
    return document


def _opened(entry: object, where: str) -> object:
    """The result of one scheme without its digest."""
    return unseal(entry, where)[0] if isinstance(entry, dict) else entry


def write_comparison_report(folder: str | Path, out: str | Path | None = None) -> list[Path]:
    """Remake the report of a comparison's folder, or of its compare.json: the page, every plot as
    SVG and PNG, every table as CSV.

    `out` is that folder where none is given. Returns the paths, the page first. Raises InputError
    for a document that is not a comparison's, or where `out` cannot be written; nothing is written
    before the whole page stands.
    """
    path = Path(folder) if Path(folder).name == "compare.json" else Path(folder) / "compare.json"
    document = load_comparison(path)
    out = path.parent if out is None else Path(out)
    view = ComparisonView(document)
    try:
        page = render_comparison(document)
        # Rendered whole before a byte is written, so that a damaged document leaves no half report.
        tables = {
            f"{table.name}.csv": table.to_csv()
            for table in comparison_tables(view).values()
            if table.rows
        }
        drawings = {name: plot.file() for name, plot in comparison_plots(view).items()}
    # The form was checked, not every number in it: what an edited file may still break ends in
    # words.
    except (KeyError, TypeError, AttributeError, IndexError, ValueError, ArithmeticError) as error:
        raise InputError(
            f"damaged document of a comparison ({type(error).__name__}: {error})",
            where=str(path),
            hint="make it again by archsim compare --resume",
        ) from None
    written = [
        write_files(out, {"report.html": page, **tables}) / name
        for name in ("report.html", *tables)
    ]
    return written + write_drawings(drawings, out / "figures")
