"""Parameters of a part or a device as rows and as cells of a table, and how every table looks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from archsim.cli.output import Described
from hwlib.part import Parameter

if TYPE_CHECKING:
    from rich.box import Box


def parameter_rows(parameters: Iterable[Parameter], values: Mapping[str, Any]) -> list[Described]:
    """A row a parameter: its value, default, bounds or choices, unit and note."""
    return [
        {
            "name": p.name,
            "value": values[p.name],
            "default": p.default,
            "low": p.low,
            "high": p.high,
            "unit": p.unit,
            "choices": list(p.choices),
            "note": p.note,
        }
        for p in parameters
    ]


def span_of(row: Described) -> str:
    """What a parameter may be: its choices or its bounds."""
    return ", ".join(row["choices"]) or f"{row['low']:g} – {row['high']:g}"


def plain(value: object) -> str:
    """A value without digits that say nothing."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def table_box() -> Box:
    """The lines of every table: one under its head."""
    from rich import box  # rich is slow to load, and --json does without

    return box.SIMPLE_HEAD
