"""The figure files: every number of hwlib with value, unit, low, high, kind, source, place and
node.
"""

from __future__ import annotations

import functools
import tomllib
from importlib import resources
from pathlib import Path

from hwlib.bibliography import load_sources
from hwlib.errors import InputError, is_finite, nearest, unknown
from hwlib.quantity import KINDS, Figure
from hwlib.units import to_base

_REQUIRED = ("value", "unit", "low", "high", "kind", "source", "place")
_OPTIONAL = ("node_nm", "note")


def parse_figure(name: str, entry: object, where: str) -> Figure:
    """One validated figure from its TOML table. Raises InputError with the field path."""
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
    numbers = {}
    for key in ("value", "low", "high"):
        number = entry[key]
        if not is_finite(number):
            raise InputError("not a finite number", where=f"{where}.{key}", got=number)
        numbers[key] = float(number)
    if not numbers["low"] <= numbers["value"] <= numbers["high"]:
        raise InputError(
            "low <= value <= high does not hold", where=where, got=tuple(numbers.values())
        )
    if entry["kind"] not in KINDS:
        raise InputError("unknown kind", where=where, got=entry["kind"], allowed=KINDS)
    if entry["source"] not in load_sources():
        raise unknown("source", entry["source"], load_sources(), where)
    value, unit = to_base(numbers["value"], entry["unit"], where)
    low, _ = to_base(numbers["low"], entry["unit"], where)
    high, _ = to_base(numbers["high"], entry["unit"], where)
    node = entry.get("node_nm")
    return Figure(
        name,
        value,
        low,
        high,
        unit,
        entry["kind"],
        entry["source"],
        str(entry["place"]),
        None if node is None else float(node),
        entry.get("note", ""),
        numbers["value"],
        entry["unit"],
    )


def load_file(path: Path) -> dict[str, Figure]:
    """All figures of one TOML file, `table.key` -> Figure."""
    try:
        content = tomllib.loads(Path(str(path)).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"cannot read the figure file ({error})", where=str(path)) from None
    figures = {}
    for table, entries in content.items():
        for key, entry in entries.items():
            name = f"{table}.{key}"
            figures[name] = parse_figure(name, entry, f"{Path(str(path)).name}: {name}")
    return figures


@functools.cache
def load_figures() -> dict[str, Figure]:
    """Every figure of the library by name; a name in two files is refused."""
    figures: dict[str, Figure] = {}
    for path in sorted((resources.files("hwlib") / "figures").iterdir(), key=lambda p: p.name):
        if not path.name.endswith(".toml"):
            continue
        for name, figure in load_file(Path(str(path))).items():
            if name in figures:
                raise InputError("figure defined twice", where=path.name, got=name)
            figures[name] = figure
    return figures


def figure(name: str) -> Figure:
    """The figure of that name. Raises InputError with the nearest name where there is none."""
    figures = load_figures()
    if name not in figures:
        raise unknown("figure", name, figures)
    return figures[name]
