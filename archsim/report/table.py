"""A table of a report: one definition for the page (sortable, in words and prefixes) and for CSV
(plain numbers, units in the names).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from archsim.basics.files import csv_text
from archsim.report.drawing import format as fmt

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: CSV name (with unit), heading, the raw value of a row, how to write it, and whether
    it gets a share bar.

    `below` names another column whose text stands small in the same cell of the page; that one is
    `hidden` there.
    """

    name: str
    heading: str
    value: Callable[[Row], object]
    write: Callable[[Any], str] = str
    numeric: bool = True
    share: bool = False
    below: str = ""
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A table with its rows (mappings). `colour` gives the colour token of a row's swatch."""

    name: str
    heading: str
    columns: tuple[Column, ...]
    rows: list[Row]
    colour: Callable[[Row], str] | None = None

    def to_csv(self) -> str:
        """Comma-separated text with a header line, raw values, UTF-8."""
        return csv_text(
            # All columns: what the page hides (ends of a range, seeds) is what a spreadsheet wants.
            [{column.name: column.value(row) for column in self.columns} for row in self.rows]
        )

    @property
    def shown(self) -> list[Column]:
        """The columns of the page."""
        return [column for column in self.columns if not column.hidden]

    def largest(self, column: Column) -> float:
        """The largest value of a column, for its share bars; 0 where there is none."""
        return max(
            (value for row in self.rows if fmt.is_number(value := column.value(row))), default=0.0
        )
