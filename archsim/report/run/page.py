"""One self-contained HTML file: inline style, figures and script, no network, names from users
escaped.
"""

from __future__ import annotations

import base64
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from archsim.basics.files import write_files
from archsim.report.drawing import format as fmt
from archsim.report.drawing.drawing import Drawing
from archsim.report.drawing.palette import colours
from archsim.report.drawing.svg import FONTS, to_svg
from archsim.report.figures import RUN_FIGURES, RunFigure
from archsim.report.run.captions import caption, missing
from archsim.report.run.headline import facts, headline, subtitle
from archsim.report.run.tables import Table, page_tables
from archsim.report.run.view import FIGURE_KINDS, View
from archsim.report.training.page import draw_training, training_tables
from hwlib.text import printable

_TEMPLATES = Path(__file__).parents[1] / "templates"
_NARROW = 350.0
_HALF = 500.0
_FULL = 1048.0


def write_report(result: Mapping, path: str | Path) -> Path:
    """Write the report of a run (JSON form, or an object with `to_dict()`) to an HTML file; returns
    its path.

    Raises InputError where the file cannot be written. A file already there is replaced only by a
    whole new one.
    """
    path = Path(path)
    return write_files(path.parent, {path.name: render_report(result)}) / path.name


def render_report(result: Mapping) -> str:
    """The report as HTML text; the same result gives the same text."""
    view = View(result)
    tables, training = page_tables(view), _training(view)
    figures = {figure.name: _figure(figure, view) for figure in RUN_FIGURES}
    return (
        environment()
        .get_template("run.html.j2")
        .render(
            title=view.title,
            subtitle=subtitle(view),
            view=view,
            training=training,
            headline=headline(view),
            facts=facts(view),
            tables=tables,
            figures=figures,
            settings=list(flatten(view.result.get("settings") or {})),
            references=references(view.rows("figures")),
            kinds=FIGURE_KINDS,
        )
    )


@functools.cache
def environment():
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
    made.filters.update(whole=fmt.whole)
    return made


def _printable(value: object) -> object:
    """What a template writes: texts without the characters that hide others or turn their order
    around.
    """
    return printable(value) if type(value) is str else value  # Markup, a subclass, is ours


def _include_text(name: str):
    """A file of the templates' folder as it is."""
    from markupsafe import Markup

    return Markup((_TEMPLATES / name).read_text(encoding="utf-8"))


def data_link(table: Table) -> str:
    """A data: address of a table as CSV."""
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


def page_figure(
    name: str,
    heading: str,
    draw: Callable[[float], Drawing | None],
    half: bool,
    caption: Callable[[], str],
    missing: str,
) -> dict:
    """What the template needs of one figure: its drawing at desk and at phone width with its
    caption, or why it is missing.
    """
    from markupsafe import Markup

    item = {"name": name, "heading": heading, "half": half, "missing": ""}
    wide = draw(_HALF if half else _FULL)
    if wide is None:
        return item | {"missing": missing}
    return item | {
        "caption": caption(),
        "wide": Markup(to_svg(wide)),
        "narrow": Markup(to_svg(draw(_NARROW))),
        "most": f"{wide.width:g}",
    }


def _figure(figure: RunFigure, view: View) -> dict:
    return page_figure(
        figure.name,
        figure.heading,
        functools.partial(figure.draw, view),
        figure.half,
        functools.partial(caption, figure.name, view),
        missing(figure.name),
    )


def _training(view: View) -> dict | None:
    """Figure and tables of a trained network; None where the run is of a network that was not
    trained.
    """
    if "training" not in view.result:
        return None
    figure = RunFigure("errors", "Error over epochs", draw_training, True)
    shown = {
        "name": "errors",
        "heading": figure.heading,
        "half": True,
        "missing": "No epoch was finished.",
    }
    return {
        "figure": _figure(figure, view) if view.rows("epochs") else shown,
        "tables": training_tables(view),
    }


def references(figures: Iterable[Mapping]) -> list[dict]:
    """The sources of the used figures with their titles and how many figures each gives."""
    found: dict[str, dict] = {}
    for row in figures:
        key = str(row.get("source", ""))
        entry = found.setdefault(
            key, {"key": key, "title": str(row.get("title") or ""), "count": 0}
        )
        entry["count"] += 1
    return [found[key] for key in sorted(found)]
