"""The report of a sweep: one self-contained HTML file, in the frame of all reports. Names from users are escaped."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from pathlib import Path

from archsim.files import write_files
from archsim.report import format as fmt
from archsim.report.figures.drawing import Drawing
from archsim.report.figures.raster import save_raster
from archsim.report.figures.svg import to_svg
from archsim.report.html import environment, flatten
from archsim.report.palette import colours, label, token
from archsim.report.sweep_captions import captions, headline, subtitle
from archsim.report.sweep_effects import draw_effects, draw_interactions, draw_sensitivity
from archsim.report.sweep_scatter import draw_bands, draw_pareto
from archsim.report.sweep_tables import sweep_tables
from archsim.report.sweep_view import SweepView
from archsim.report.view import FIGURE_KINDS
from hwlib.errors import InputError

_TEMPLATES = Path(__file__).parent / "templates"
_NARROW, _HALF, _FULL = 350.0, 500.0, 1048.0


def sweep_figures(view: SweepView) -> list[tuple[str, str, Callable[[float], Drawing | None], bool]]:
    """(name, heading, drawing at a width, half a page wide) of every figure of a sweep."""
    count = len(view.objectives)
    pairs = [(a, b) for a in range(count) for b in range(a + 1, count)] or [(0, 0)]
    names = [view.name(objective["path"]) for objective in view.objectives]
    found = [(f"pareto_{a + 1}_{b + 1}", f"{names[b]} over {names[a]}".capitalize(), functools.partial(draw_pareto, view, a, b), number > 0)
             for number, (a, b) in enumerate(pairs[:6])]
    found += [("bands", "How sure the front is", functools.partial(draw_bands, view), False),
              ("sensitivity", "What drives each objective", functools.partial(draw_sensitivity, view), False),
              ("effects", "Main effects", functools.partial(draw_effects, view), False),
              ("interactions", "Strongest interactions", functools.partial(draw_interactions, view), False)]
    return found


def render_sweep(document: Mapping) -> str:
    """The report as HTML text; the same document gives the same text."""
    from markupsafe import Markup

    view = SweepView(document)
    texts = captions(view)
    figures = {name: _figure(name, heading, draw, half, texts) for name, heading, draw, half in sweep_figures(view)}
    files = {name: Markup((_TEMPLATES / f"sweep.{name}").read_text(encoding="utf-8")) for name in ("css", "js")}
    return environment().get_template("sweep.html.j2").render(
        title=f"{view.title}: design space", view=view, document=document, subtitle=subtitle(view), headline=headline(view),
        tables=sweep_tables(view), figures=figures, scatter=[f for name, f in figures.items() if name.startswith("pareto")],
        data=Markup(_data(view)), space=list(flatten(document["space"])), sweep_style=files["css"], sweep_script=files["js"],
        references=_references(document["figures"]), kinds=FIGURE_KINDS,
        kind_counts={kind: sum(row["kind"] == kind for row in document["figures"]) for kind in FIGURE_KINDS},
    )


def _figure(name: str, heading: str, draw: Callable[[float], Drawing | None], half: bool, texts: Mapping[str, str]) -> dict:
    from markupsafe import Markup

    item = {"name": name, "heading": heading, "half": half, "missing": ""}
    wide = draw(_HALF if half else _FULL)
    if wide is None:
        return item | {"missing": "This sweep has no data for this figure."}
    return item | {"caption": texts.get(name, texts.get(name.split("_")[0], "")), "most": f"{wide.width:g}",
                   "wide": Markup(to_svg(wide)), "narrow": Markup(to_svg(draw(_NARROW)))}


def _data(view: SweepView) -> str:
    """What hovering and clicking show, as JSON that is safe inside a script element."""
    components = view.document["components"]
    found = {
        "axes": [axis["path"] for axis in view.axes], "objectives": [view.name(o["path"]) for o in view.objectives],
        "components": [label(name) for name in components], "colours": [token("role", name) for name in components],
        "points": {row["point"]: [[fmt.plain(row[axis["path"]]) for axis in view.axes],
                                  [view.write(o["path"], row.get(o["path"])) for o in view.objectives], parts, _verdict(view, row)]
                   for row, parts in zip(view.points, view.document["parts"])},
    }
    return json.dumps(found, separators=(",", ":"), ensure_ascii=True).replace("<", "\\u003c")


def _verdict(view: SweepView, row: Mapping) -> str:
    share = view.verdicts.get(row["point"])
    words = "on the front" if row["point"] in view.on_front else "dominated"
    return words if share is None else f"{words}; on the front in {fmt.percent(share['front_share'])} of the draws"


def _references(figures: list[Mapping]) -> list[dict]:
    found: dict[str, dict] = {}
    for row in figures:
        entry = found.setdefault(row["source"], {"key": row["source"], "title": row["title"], "count": 0})
        entry["count"] += 1
    return [found[key] for key in sorted(found)]


def write_sweep_report(folder: str | Path, out: str | Path) -> list[Path]:
    """Remake the report of a sweep's folder from its sweep.json: the page, every figure as SVG and PNG, every table as CSV.

    Returns the paths, the page first. Raises InputError for a document that is not a sweep's, or where `out` cannot be written.
    """
    document = load_document(Path(folder) / "sweep.json")
    try:
        page = render_sweep(document)
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
        raise InputError(f"damaged document of a sweep ({type(error).__name__}: {error})", where=str(Path(folder) / "sweep.json"),
                         hint="make it again by archsim explore --resume") from None
    view, light, out = SweepView(document), colours("light"), Path(out)
    tables = {f"{table.name}.csv": table.to_csv() for table in sweep_tables(view).values() if table.rows}
    written = [write_files(out, {"report.html": page, **tables}) / name for name in ("report.html", *tables)]
    write_files(out / "figures", {})
    for name, _, draw, half in sweep_figures(view):
        drawing = draw(_HALF if half else 900.0)
        if drawing is not None:
            write_files(out / "figures", {f"{name}.svg": to_svg(drawing, light)})
            save_raster(drawing, out / "figures" / f"{name}.png", light)
            written += [out / "figures" / f"{name}.{suffix}" for suffix in ("svg", "png")]
    return written


def load_document(path: Path) -> dict:
    """The document of a sweep. Raises InputError where it cannot be read or is none."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"cannot read the sweep ({error})", where=str(path)) from None
    if not isinstance(document, dict) or document.get("kind") != "sweep" or document.get("schema") != 1:
        raise InputError("not the document of a sweep", where=str(path), hint="archsim explore SPACE.toml --out DIR makes one")
    return document
