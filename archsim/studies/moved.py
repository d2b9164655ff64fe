"""What moved between two versions of a table: number by number, as rows and as a page of Markdown."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, SupportsFloat

from archsim.readers.files import LARGEST_TEXT, decoded, read_bytes
from hwlib.errors import InputError

Row = Mapping[str, Any]
SAME = 1e-9
_MOST_LINES = 120  # of one table on the page; beyond that one line a column


@dataclass
class Repriced:
    """What pricing a study again came to. `moved` maps a table to its rows {row, quantity, before,
    now, change_percent}, `cells` to how many numbers were compared; `missing` says what could not
    be priced again and why; `notes` what else a reader should know.
    """

    moved: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    cells: dict[str, int] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, table: str, before: Sequence[Row], now: Sequence[Row]) -> None:
        """Compare a table with what it was."""
        self.moved[table], self.cells[table] = differences(before, now)

    def join(self, below: str, other: Repriced) -> None:
        """Take over what a folder below came to."""
        self.moved |= {f"{below}/{name}": rows for name, rows in other.moved.items()}
        self.cells |= {f"{below}/{name}": count for name, count in other.cells.items()}
        self.missing += [f"{below}: {text}" for text in other.missing]
        self.notes += [f"{below}: {text}" for text in other.notes]

    def rows(self) -> list[dict[str, Any]]:
        """All that moved, a number a row."""
        return [{"table": table, **row} for table, rows in self.moved.items() for row in rows]


def read_table(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file; none where it is not there. Raises InputError for what is no text
    or no CSV."""
    if not path.is_file():
        return []
    text = decoded(read_bytes(path, LARGEST_TEXT), path)
    try:
        return list(csv.DictReader(io.StringIO(text, newline="")))
    except csv.Error as fault:
        raise InputError(f"is not CSV ({fault})", where=str(path)) from None


def read_numbers(path: Path) -> list[dict[str, float]]:
    """The rows of a CSV file of numbers. Raises InputError for a cell that holds none."""
    rows = []
    for line, row in enumerate(read_table(path), 2):
        numbers = {name: _number(text) for name, text in row.items()}
        for name, number in numbers.items():
            if number is None:
                raise InputError("not a number", where=f"{path}:{line}: {name}", got=row[name])
        rows.append({name: number for name, number in numbers.items() if number is not None})
    return rows


def differences(before: Sequence[Row], now: Sequence[Row]) -> tuple[list[dict[str, Any]], int]:
    """Numbers of two tables that are not the same, and how many were compared. Rows are matched by
    their texts, equal ones in turn.
    """
    old = dict(_named(before))
    moved: list[dict[str, Any]] = []
    compared = 0
    for name, row in _named(now):
        there = old.pop(name, None)
        if there is None:
            moved.append(
                {"row": name, "quantity": "", "before": None, "now": "new", "change_percent": None}
            )
            continue
        for quantity, value in row.items():
            one, two = _number(there.get(quantity)), _number(value)
            if one is None and two is None:
                continue
            compared += 1
            if one is None or two is None or not math.isclose(one, two, rel_tol=SAME, abs_tol=0.0):
                # Of zero there is no percentage.
                change = 100 * (two / one - 1) if one and two is not None else None
                moved.append(
                    {
                        "row": name,
                        "quantity": quantity,
                        "before": one,
                        "now": two,
                        "change_percent": change,
                    }
                )
    return moved + [
        {"row": name, "quantity": "", "before": "there", "now": None, "change_percent": None}
        for name in old
    ], compared


def _named(rows: Iterable[Row]) -> Iterable[tuple[str, Row]]:
    seen: dict[str, int] = {}
    for row in rows:
        # The first texts of a row tell which it is (scheme, layer, part), later ones say more.
        texts = [value for value in row.values() if _is_name(value)][:3]
        # a label that begins with the scheme's name needs it once
        name = " ".join(
            text
            for number, text in enumerate(texts)
            if not any(other.startswith(text) for other in texts[number + 1 :])
        )
        seen[name] = seen.get(name, 0) + 1
        # Rows of one name are told apart by their order, which a table keeps.
        yield (name if seen[name] == 1 else f"{name} ({seen[name]})"), row


def _is_name(value: object) -> bool:
    """A text that is neither a number nor a list or table as JSON."""
    return isinstance(value, str) and value[:1] not in ("", "[", "{") and _number(value) is None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, SupportsFloat | str):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def markdown(repriced: Repriced, title: str, version: str) -> str:
    """The page: what moved, table by table, and what could not be priced again."""
    lines = [
        f"# {title}: priced again",
        "",
        f"By archsim {version}, from the activity that was kept; nothing was trained.",
    ]
    for table, rows in repriced.moved.items():
        lines += ["", f"## {table}", ""]
        if not rows:
            lines.append(f"All {repriced.cells[table]:,} numbers are as they were.")
            continue
        lines += [f"{len(rows):,} of {repriced.cells[table]:,} numbers moved.", ""]
        lines += _each(rows) if len(rows) <= _MOST_LINES else _by_quantity(rows)
    for head, texts in (("Not priced again", repriced.missing), ("Notes", repriced.notes)):
        lines += ["", f"## {head}", "", *(f"- {text}" for text in texts)] if texts else []
    return "\n".join(lines) + "\n"


def _each(rows: Sequence[Row]) -> list[str]:
    lines = ["| row | quantity | before | now | change |", "|---|---|---:|---:|---:|"]
    return lines + [
        f"| {row['row'].replace('|', '/')} | {row['quantity']} | {_text(row['before'])} | "
        f"{_text(row['now'])} | "
        f"{_change(row['change_percent'])} |"
        for row in rows
    ]


def _by_quantity(rows: Sequence[Row]) -> list[str]:
    lines = [
        "| quantity | moved | median change | largest change | of row | before | now |",
        "|---|---:|---:|---:|---|---:|---:|",
    ]
    for quantity in dict.fromkeys(row["quantity"] for row in rows):
        some = [row for row in rows if row["quantity"] == quantity]
        known = [row for row in some if row["change_percent"] is not None]
        worst = max(known, key=lambda row: abs(row["change_percent"]), default=some[0])
        middle = median(row["change_percent"] for row in known) if known else None
        lines.append(
            f"| {quantity} | {len(some)} | {_change(middle)} | {_change(worst['change_percent'])} | "
            f"{worst['row'].replace('|', '/')} | {_text(worst['before'])} | {_text(worst['now'])} |"
        )
    return lines


def _text(value: object) -> str:
    return "–" if value is None else f"{value:.5g}" if isinstance(value, float) else str(value)


def _change(percent: float | None) -> str:
    return "" if percent is None else f"{percent:+.3g} %"
