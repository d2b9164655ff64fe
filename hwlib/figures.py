"""The figure files: every number of hwlib with value, unit, low, high, kind, source, place and
node.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from hwlib.bibliography import load_bibliography
from hwlib.errors import InputError, is_finite, nearest, unknown
from hwlib.part_documents import read_part_documents, table_of
from hwlib.quantity import KINDS, Figure
from hwlib.units import to_base

_REQUIRED = ("value", "unit", "low", "high", "kind", "source", "place")
_OPTIONAL = ("node_nm", "note")


def parse_figure(name: str, entry: object, where: str) -> Figure:
    """One validated figure from its TOML table.

    Args:
        name: `table.key` that the library knows it by.
        entry: the table, with value, unit, low, high, kind, source and place.
        where: file and field that an error names.

    Raises:
        InputError: for a field that is missing, unknown or wrong, with its path.
    """
    table = _complete(entry, where)
    # As printed; their order is held before any unit is turned, so that an error shows the file's
    # own digits.
    value, low, high = (_number(table, key, where) for key in ("value", "low", "high"))
    if not low <= value <= high:
        raise InputError("low <= value <= high does not hold", where=where, got=(value, low, high))
    kind, source, raw_unit = (str(table[key]) for key in ("kind", "source", "unit"))
    if kind not in KINDS:
        raise InputError("unknown kind", where=where, got=kind, allowed=KINDS)
    if source not in load_bibliography():
        raise unknown("source", source, load_bibliography(), where)
    base, unit = to_base(value, raw_unit, where)
    return Figure(
        name=name,
        value=base,
        low=to_base(low, raw_unit, where)[0],
        high=to_base(high, raw_unit, where)[0],
        unit=unit,
        kind=kind,
        source=source,
        place=str(table["place"]),
        node_nm=None if table.get("node_nm") is None else _number(table, "node_nm", where),
        note=str(table.get("note", "")),
        raw=value,
        raw_unit=raw_unit,
    )


def _complete(entry: object, where: str) -> Mapping[str, object]:
    """The table of a figure, with all fields that it must have and none that it cannot have."""
    if not isinstance(entry, dict):
        raise InputError("a figure is a table", where=where, got=entry)
    for key in entry:
        if key not in _REQUIRED + _OPTIONAL:
            raise InputError(
                f"unknown field '{key}'",
                where=where,
                allowed=_REQUIRED + _OPTIONAL,
                hint=nearest(key, _REQUIRED + _OPTIONAL),
            )
    for key in _REQUIRED:
        if key not in entry:
            raise InputError(
                f"field '{key}' is missing: a number without unit and source cannot enter hwlib",
                where=where,
            )
    return entry


def _number(table: Mapping[str, object], key: str, where: str) -> float:
    number = table[key]
    if not is_finite(number):
        raise InputError("not a finite number", where=f"{where}.{key}", got=number)
    return float(number)


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read the figure file ({error})", where=str(path)) from None


def _parse_file(path: Path, text: str) -> dict[str, Figure]:
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"cannot read the figure file ({error})", where=str(path)) from None
    figures: dict[str, Figure] = {}
    for table, entries in content.items():
        if not isinstance(entries, dict):
            raise InputError("figures stand in tables", where=f"{path.name}: {table}", got=entries)
        figures |= parse_table(table, entries, path.name)
    return figures


def parse_table(table: str, entries: Mapping[str, object], file: str) -> dict[str, Figure]:
    """All figures of one table, `table.key` -> Figure. Raises InputError."""
    names = {key: f"{table}.{key}" for key in entries}
    return {
        name: parse_figure(name, entries[key], f"{file}: {name}") for key, name in names.items()
    }


@functools.cache
def _texts() -> dict[Path, str]:
    """The figure files as they are written, by name."""
    folder = Path(str(resources.files("hwlib") / "figures"))
    return {path: _text_of(path) for path in sorted(folder.glob("*.toml"))}


@functools.cache
def _figures_of(path: Path) -> dict[str, Figure]:
    """The figures of one file of the library; parsed where one of its tables is asked for."""
    return _parse_file(path, _texts()[path])


@functools.cache
def _figures_of_parts() -> dict[str, dict[str, Figure]]:
    """The figures that part files bring with them, by file."""
    files = {}
    for name, document in read_part_documents().items():
        part = table_of(document, "part", name).get("name", "")
        files[name] = parse_table(str(part), table_of(document, "figures", name), name)
    return files


_LIBRARY: dict[str, Figure] = {}
"""What was asked for so far, and whatever its files hold besides: the one home of each figure."""


@functools.cache
def load_figures() -> dict[str, Figure]:
    """Every figure of the library by name; a name in two files is refused.

    Returns:
        `table.key` -> Figure, of the figure files and of the part files that bring their own.
    """
    files = {path.name: _figures_of(path) for path in _texts()} | _figures_of_parts()
    figures: dict[str, Figure] = {}
    for file, entries in files.items():
        for name in entries:
            if name in figures:
                raise InputError("figure defined twice", where=file, got=name)
        figures |= entries
    moved = dict(_LIBRARY)  # a figure that somebody moved for a while stays where it was moved to
    _LIBRARY.clear()
    _LIBRARY.update(figures | moved)
    return _LIBRARY


def find_figure(name: str) -> Figure | None:
    """A figure by its name; None where there is none.

    Of the files those are parsed that hold the name's table: a run asks for half of them.
    """
    if name in _LIBRARY:
        return _LIBRARY[name]
    # `[table]` or `[table.key]` at the start of a line: a search is cheaper than a parser, and most
    # files need none.
    head = re.compile(rf"^\[{re.escape(name.partition('.')[0])}[].]", re.MULTILINE)
    for path, text in _texts().items():
        if head.search(text):
            _keep(_figures_of(path))
    if name not in _LIBRARY:
        for entries in _figures_of_parts().values():
            _keep(entries)
    return _LIBRARY[name] if name in _LIBRARY else load_figures().get(name)


def _keep(entries: Mapping[str, Figure]) -> None:
    for name, entry in entries.items():
        # What is there stays: it may have been moved for a while.
        _LIBRARY.setdefault(name, entry)


def move_figures(values: Mapping[str, Figure]) -> dict[str, Figure]:
    """Put other figures in the place of those of the same names, for a while.

    Args:
        values: by name; the library has to know each.

    Returns:
        those that were there, to be put back the same way.
    """
    before = {name: figure(name) for name in values}
    _LIBRARY.update(values)
    return before


def figure(name: str) -> Figure:
    """A sourced figure by its name.

    Args:
        name: `table.entry`, as the TOML files have it.

    Returns:
        the `Figure`: value, low, high, unit, kind, source and place.

    Raises:
        InputError: where there is none, with the nearest name.
    """
    known = find_figure(name)
    if known is None:
        raise unknown("figure", name, load_figures())
    return known
