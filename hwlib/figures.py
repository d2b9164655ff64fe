"""The figure files: every number of hwlib with value, unit, low, high, kind, source, place and
node.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from hwlib.bibliography import load_sources
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
    value, low, high = (_number(table, key, where) for key in ("value", "low", "high"))
    if not low <= value <= high:
        raise InputError("low <= value <= high does not hold", where=where, got=(value, low, high))
    kind, source, raw_unit = (str(table[key]) for key in ("kind", "source", "unit"))
    if kind not in KINDS:
        raise InputError("unknown kind", where=where, got=kind, allowed=KINDS)
    if source not in load_sources():
        raise unknown("source", source, load_sources(), where)
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


def load_file(path: Path) -> dict[str, Figure]:
    """All figures of one TOML file, `table.key` -> Figure. Raises InputError."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
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
def load_figures() -> dict[str, Figure]:
    """Every figure of the library by name; a name in two files is refused.

    Returns:
        `table.key` -> Figure, of the figure files and of the part files that bring their own.
    """
    folder = Path(str(resources.files("hwlib") / "figures"))
    files = {path.name: load_file(path) for path in sorted(folder.glob("*.toml"))}
    for name, document in read_part_documents().items():
        part = table_of(document, "part", name).get("name", "")
        files[name] = parse_table(str(part), table_of(document, "figures", name), name)
    figures: dict[str, Figure] = {}
    for file, entries in files.items():
        for name in entries:
            if name in figures:
                raise InputError("figure defined twice", where=file, got=name)
        figures |= entries
    return figures


def figure(name: str) -> Figure:
    """A sourced figure by its name.

    Args:
        name: `table.entry`, as the TOML files have it.

    Returns:
        the `Figure`: value, low, high, unit, kind, source and place.

    Raises:
        InputError: where there is none, with the nearest name.
    """
    figures = load_figures()
    if name not in figures:
        raise unknown("figure", name, figures)
    return figures[name]
