"""A table of measured curves in memory as the text of the file that holds the same: one way in."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from hwlib.errors import InputError


def table_text(table: Any, where: str) -> str:
    """The file of a table: facts as remarks, a head, a row a reading.

    Args:
        table: columns by name, as a mapping or a pandas DataFrame, whose `attrs` are the facts.
        where: what messages call it.

    Returns:
        The text that `measured.read_measured` takes. Numbers are written to the last bit; nan and
        None are empty cells.

    Raises:
        InputError: for what is no table, columns of unlike lengths, texts of several lines.
    """
    names = _names_of(table, where)
    columns = [_column(table[name], f"{where}: {name}") for name in names]
    lengths = {name: len(column) for name, column in zip(names, columns)}
    if len(set(lengths.values())) > 1:
        raise InputError("columns of unlike lengths", where=where, got=lengths)
    # Through the text of a file: tables and files are checked by one piece of code, and have one
    # digest.
    text = io.StringIO()
    for key, value in getattr(table, "attrs", {}).items():
        attrs = f"{where}: attrs"
        text.write(f"# {_cell(key, attrs)} = {_cell(value, attrs)}\n")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(zip(*columns))
    return text.getvalue()


def _names_of(table: Any, where: str) -> list[str]:
    names: Iterable[Any] | None = (
        table.keys() if isinstance(table, Mapping) else getattr(table, "columns", None)
    )
    if names is None:
        raise InputError(
            "not a table of measured curves",
            where=where,
            got=type(table).__name__,
            allowed="the path of a CSV, a mapping of columns, a pandas DataFrame",
        )
    for name in names:
        if not isinstance(name, str):
            raise InputError(
                "a column's name is a text", where=where, got=type(name).__name__, allowed="str"
            )
    return [_cell(name, where) for name in names]


def _column(values: Any, where: str) -> list[str]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise InputError("not a column", where=where, got=type(values).__name__, allowed="a list")
    return [_cell(value, where) for value in values]


def _cell(value: Any, where: str) -> str:
    # NaN and NA are what pandas has where a column means nothing, as `pulse` does in a hold
    if value is None or str(value) in ("nan", "<NA>"):
        return ""
    text = str(value)  # of a float: the shortest that gives the same float back
    if "\n" in text or "\r" in text:
        raise InputError("a text of several lines", where=where, got=text[:80])
    return text
