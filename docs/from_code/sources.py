"""The bibliography: every source that figures, devices and update rules rest on."""

from __future__ import annotations

from archsim.devices.presets import load_presets
from archsim.schemes import list_schemes, load_scheme
from docs.from_code.markdown import code, page, prose, table
from hwlib import load_catalogue

INTRODUCTION = """`hwlib/sources.bib` whole. `archsim cite RESULT --bibtex` prints the entries that one result rests on. The last column
counts the figures that rest on a source, and names the devices and update rules that do."""


def sources_page() -> str:
    """One row a source."""
    return page("Sources", INTRODUCTION, table(("key", "source", "where", "used by"), _rows()))


def _rows():
    catalogue = load_catalogue()
    users = _users()
    for source in catalogue.sources:
        figures = catalogue.figures_of(source.key)
        counted = [f"{len(figures)} figures" if len(figures) > 1 else "1 figure"] if figures else []
        title = f"{prose(source.author)}: *{prose(source.title)}*, {source.year}"
        where = prose("; ".join(filter(None, (source.venue, source.note))))
        yield code(source.key), title, where, ", ".join([*counted, *users.get(source.key, [])])


def _users() -> dict[str, list[str]]:
    users: dict[str, list[str]] = {}
    for name, preset in load_presets().items():
        users.setdefault(preset.source, []).append(code(name))
    for name in list_schemes():
        for key in load_scheme(name).references:
            users.setdefault(key, []).append(code(name))
    return users
