"""The report of a sweep: one self-contained HTML file, in the frame of all reports. Names from
users are escaped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from archsim.basics.files import write_files
from archsim.exploration.store.schema import check_sweep
from archsim.readers.stored import note_unsealed, read_stored
from archsim.report.drawing import format as fmt
from archsim.report.drawing.drawing import Drawing
from archsim.report.drawing.palette import label, token
from archsim.report.drawing.plot import Plot
from archsim.report.run.export import write_drawings
from archsim.report.run.page import environment, flatten, page_plot, references
from archsim.report.run.view import FIGURE_KINDS
from archsim.report.sweep.captions import captions, headline, subtitle
from archsim.report.sweep.effects import draw_effects, draw_interactions
from archsim.report.sweep.scatter import draw_bands, draw_pareto
from archsim.report.sweep.sensitivity import draw_sensitivity
from archsim.report.sweep.tables import sweep_tables
from archsim.report.sweep.view import SweepView
from hwlib.errors import InputError

_TEMPLATES = Path(__file__).parents[1] / "templates"
_MOST_PAIRS = 6  # of objectives that get a plot of one over the other
_MISSING = "This sweep has no data for this figure."


def sweep_plots(view: SweepView) -> list[Plot]:
    """Every plot of a sweep."""
    texts = captions(view)

    def plot(
        name: str, heading: str, draw: Callable[[float], Drawing | None], half: bool = False
    ) -> Plot:
        return Plot(name, heading, draw, partial(_caption, texts, name), _MISSING, half)

    count = len(view.objectives)
    # With one objective there is no pair: it is drawn over itself, a line of designs.
    pairs = [(a, b) for a in range(count) for b in range(a + 1, count)] or [(0, 0)]
    names = [view.name(objective["path"]) for objective in view.objectives]
    plots = [
        plot(
            f"pareto_{a + 1}_{b + 1}",
            f"{names[b]} over {names[a]}".capitalize(),
            partial(draw_pareto, view, a, b),
            half=number > 0,
        )
        for number, (a, b) in enumerate(pairs[:_MOST_PAIRS])
    ]
    return [
        *plots,
        plot("bands", "How sure the front is", partial(draw_bands, view)),
        plot("sensitivity", "What drives each objective", partial(draw_sensitivity, view)),
        plot("effects", "Main effects", partial(draw_effects, view)),
        plot("interactions", "Strongest interactions", partial(draw_interactions, view)),
    ]


def render_sweep(document: Mapping[str, Any]) -> str:
    """The report as HTML text; the same document gives the same text."""
    from markupsafe import Markup

    view = SweepView(document)
    plots = {plot.name: page_plot(plot) for plot in sweep_plots(view)}
    files = {
        name: Markup((_TEMPLATES / f"sweep.{name}").read_text(encoding="utf-8"))
        for name in ("css", "js")
    }
    return (
        environment()
        .get_template("sweep.html.j2")
        .render(
            title=f"{view.title}: design space",
            view=view,
            document=document,
            subtitle=subtitle(view),
            headline=headline(view),
            tables=sweep_tables(view),
            figures=plots,
            scatter=[plot for name, plot in plots.items() if name.startswith("pareto")],
            data=Markup(_data(view)),
            space=list(flatten(document["space"])),
            sweep_style=files["css"],
            sweep_script=files["js"],
            references=references(document["figures"]),
            kinds=FIGURE_KINDS,
        )
    )


def _caption(texts: Mapping[str, str], name: str) -> str:
    return texts.get(name, texts.get(name.split("_")[0], ""))


def _data(view: SweepView) -> str:
    """What hovering and clicking show, as JSON that is safe inside a script element."""
    components = view.document["components"]
    data = {
        "axes": [axis["path"] for axis in view.axes],
        "objectives": [view.name(o["path"]) for o in view.objectives],
        "components": [label(name) for name in components],
        "colours": [token("role", name) for name in components],
        "points": {
            row["point"]: [
                [fmt.plain(row[axis["path"]]) for axis in view.axes],
                [view.write(o["path"], row.get(o["path"])) for o in view.objectives],
                parts,
                _verdict(view, row),
            ]
            for row, parts in zip(view.points, view.document["parts"])
        },
    }
    # A `<` could end the script element, whatever the JSON around it says.
    return json.dumps(data, separators=(",", ":"), ensure_ascii=True).replace("<", "\\u003c")


def _verdict(view: SweepView, row: Mapping[str, Any]) -> str:
    share = view.verdicts.get(row["point"])
    words = "on the front" if row["point"] in view.on_front else "dominated"
    return (
        words
        if share is None
        else f"{words}; on the front in {fmt.percent(share['front_share'])} of the draws"
    )


def write_sweep_report(folder: str | Path, out: str | Path) -> list[Path]:
    """Remake the report of a sweep's folder from its sweep.json: the page, every plot as SVG and
    PNG, every table as CSV.

    Returns the paths, the page first. Raises InputError for a document that is not a sweep's, or
    where `out` cannot be written.
    """
    try:
        return write_pages(load_document(Path(folder) / "sweep.json"), out)
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"damaged document of a sweep ({type(error).__name__}: {error})",
            where=str(Path(folder) / "sweep.json"),
            hint="make it again by archsim explore --resume",
        ) from None


def write_pages(document: Mapping[str, Any], out: str | Path) -> list[Path]:
    """Write the page, plots and tables of a sweep's document; returns the paths, the page first."""
    page = render_sweep(document)
    view = SweepView(document)
    out = Path(out)
    tables = {
        f"{table.name}.csv": table.to_csv() for table in sweep_tables(view).values() if table.rows
    }
    written = [
        write_files(out, {"report.html": page, **tables}) / name
        for name in ("report.html", *tables)
    ]
    drawings = {plot.name: plot.file() for plot in sweep_plots(view)}
    return written + write_drawings(drawings, out / "figures")


def load_document(path: Path) -> dict[str, Any]:
    """The document of a sweep, without its digest. Raises InputError where it cannot be read, is
    none or was damaged.
    """
    hint = "archsim explore SPACE.toml --out DIR makes one"
    stored = read_stored(path, "sweep", "sweep", hint)
    if stored.document.get("kind") != "sweep":
        raise InputError("not the document of a sweep", where=str(path), hint=hint)
    check_sweep(stored.document, str(path))
    note_unsealed(stored, path)
    return stored.document
