"""One self-contained HTML file: inline style, figures and script, no network, names from users
escaped.
"""

from __future__ import annotations

import base64
import functools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archsim.basics.files import write_files
from archsim.cost.draws import BOUNDS
from archsim.report.drawing import format as fmt
from archsim.report.drawing.palette import colours
from archsim.report.drawing.plot import Plot
from archsim.report.drawing.svg import FONTS, to_svg
from archsim.report.plots import RUN_PLOTS, RunPlot
from archsim.report.run.captions import caption, missing
from archsim.report.run.headline import facts, headline, subtitle
from archsim.report.run.tables import page_tables
from archsim.report.run.view import FIGURE_KINDS, View
from archsim.report.table import ShownTable
from archsim.report.training.page import draw_training, training_tables
from hwlib.text import printable

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

_TEMPLATES = Path(__file__).parents[1] / "templates"
_NARROW = 350.0
_HALF = 500.0
_FULL = 1048.0


def write_report(result: Mapping[str, Any], path: str | Path) -> Path:
    """Write the report of a run (JSON form, or an object with `to_dict()`) to an HTML file; returns
    its path.

    Raises InputError where the file cannot be written. A file already there is replaced only by a
    whole new one.
    """
    path = Path(path)
    return write_files(path.parent, {path.name: render_report(result)}) / path.name


def render_report(result: Mapping[str, Any]) -> str:
    """The report as HTML text; the same result gives the same text."""
    view = View(result)
    tables = page_tables(view)
    training = _training(view)
    plots = {entry.name: _plot(entry, view) for entry in RUN_PLOTS}
    return (
        environment()
        .get_template("run.html.j2")
        .render(
            title=view.title,
            subtitle=subtitle(view),
            view=view,
            training=training,
            headline=headline(view),
            bounds=BOUNDS,
            facts=facts(view),
            tables=tables,
            figures=plots,
            settings=list(flatten(view.result.get("settings") or {})),
            references=references(view.rows("figures")),
            kinds=FIGURE_KINDS,
        )
    )


@functools.cache
def environment() -> Environment:
    """The Jinja environment of all pages: autoescape on, with the house style, script and number
    formats.
    """
    import jinja2
    from markupsafe import Markup

    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        # A misspelled name in a template is an error, not an empty place.
        undefined=jinja2.StrictUndefined,
        finalize=_printable,
    )
    style, script = (
        Markup((_TEMPLATES / name).read_text(encoding="utf-8")) for name in ("page.css", "page.js")
    )
    themes = {theme: colours(theme) for theme in ("light", "dark")}
    made.globals.update(
        include_text=_include_text,
        style=style,
        script=script,
        themes=themes,
        fonts=Markup(FONTS),
        data_link=data_link,
        cell_sort=cell_sort,
        bar=bar,
    )
    made.filters.update(as_count=fmt.count)
    return made


def _printable(value: object) -> object:
    """What a template writes: texts without the characters that hide others or turn their order
    around.
    """
    return printable(value) if type(value) is str else value  # Markup, a subclass, is ours


def _include_text(name: str) -> Markup:
    """A file of the templates' folder as it is."""
    from markupsafe import Markup

    return Markup((_TEMPLATES / name).read_text(encoding="utf-8"))


def data_link(table: ShownTable) -> str:
    """A data: address of a table as CSV."""
    # Inside the page, so that it needs no second file and no network.
    body = base64.b64encode(table.to_csv().encode("utf-8", errors="replace")).decode("ascii")
    return f"data:text/csv;charset=utf-8;base64,{body}"


def cell_sort(value: object) -> str:
    """What the script sorts a cell by: the raw number, or the text."""
    return repr(float(value)) if fmt.is_number(value) else ("" if value is None else str(value))


def bar(value: object, largest: float) -> str:
    """Width of a share bar in per cent of its cell."""
    return f"{100 * value / largest:.1f}" if fmt.is_number(value) and largest > 0 else "0"


def flatten(settings: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Nested settings as (field.path, value) lines."""
    if isinstance(settings, Mapping) and settings:
        for key, value in settings.items():
            yield from flatten(value, f"{path}.{key}" if path else str(key))
    elif isinstance(settings, list | tuple) and any(isinstance(item, Mapping) for item in settings):
        for index, value in enumerate(settings):
            yield from flatten(value, f"{path}[{index}]")
    else:
        yield (
            path,
            ", ".join(map(str, settings)) if isinstance(settings, list | tuple) else str(settings),
        )


def page_plot(plot: Plot) -> dict[str, Any]:
    """What the template needs of one plot: its drawing at desk and at phone width with its caption,
    or why it is missing.
    """
    from markupsafe import Markup

    item = {"name": plot.name, "heading": plot.heading, "half": plot.half, "missing": ""}
    wide = plot.draw(_HALF if plot.half else _FULL)
    # Drawn twice, not scaled: letters shrunk to a phone are none.
    narrow = None if wide is None else plot.draw(_NARROW)
    if wide is None or narrow is None:
        return item | {"missing": plot.missing}
    return item | {
        "caption": plot.caption(),
        "wide": Markup(to_svg(wide)),
        "narrow": Markup(to_svg(narrow)),
        "most": f"{wide.width:g}",
    }


def _plot(entry: RunPlot, view: View) -> dict[str, Any]:
    return page_plot(
        Plot(
            entry.name,
            entry.heading,
            functools.partial(entry.draw, view),
            functools.partial(caption, entry.name, view),
            missing(entry.name),
            entry.half,
        )
    )


def _training(view: View) -> dict[str, Any] | None:
    """Plot and tables of a trained network; None where the run is of a network that was not
    trained.
    """
    if "training" not in view.result:
        return None
    errors = RunPlot("errors", "Error over epochs", draw_training, True)
    shown = {
        "name": "errors",
        "heading": errors.heading,
        "half": True,
        "missing": "No epoch was finished.",
    }
    return {
        "figure": _plot(errors, view) if view.rows("epochs") else shown,
        "tables": training_tables(view),
    }


def references(figures: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The sources of the used figures with their titles and how many figures each gives."""
    cited: dict[str, dict[str, Any]] = {}
    for row in figures:
        key = str(row.get("source", ""))
        entry = cited.setdefault(
            key, {"key": key, "title": str(row.get("title") or ""), "count": 0}
        )
        entry["count"] += 1
    return [cited[key] for key in sorted(cited)]
