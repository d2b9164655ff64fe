"""Checked entries of a space file: texts, tables, names by dotted path, counts of a range."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from archsim.exploration.space.axes import RANGE_FIELDS
from archsim.readers import checks, table_checks
from hwlib.errors import InputError, nearest

LONGEST_TEXT = 200
Entry = Mapping[str, Any]


def read_text(content: Entry, key: str, where: str, default: str) -> str:
    """A short text of the file."""
    value = content.get(key, default)
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise InputError(
            f"not a text of up to {LONGEST_TEXT} characters", where=f"{where}: {key}", got=value
        )
    return value


def read_table(value: object, where: str) -> Entry:
    """A table of the file."""
    if not isinstance(value, Mapping):
        raise InputError("not a table", where=where, got=value)
    return value


def read_texts(value: object, where: str) -> tuple[str, ...]:
    """A list of texts."""
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise InputError("not a list of texts", where=where, got=value)
    return tuple(value)


def read_count(entry: Entry, key: str, where: str, lowest: int, highest: int) -> int | None:
    """A whole number of a range; None where the field is not there."""
    check = table_checks.optional(checks.count(lowest, highest, "a whole number of the range"))
    return check(entry.get(key), f"{where}.{key}")


def refuse_unknown(names: Iterable[str], allowed: tuple[str, ...], where: str) -> None:
    """Raises InputError for the first name that is not allowed, with the nearest one.

    Args:
        where: the place that the name is written behind, with its "." or ": ".
    """
    for name in names:
        if name not in allowed:
            raise InputError(
                "unknown field",
                where=f"{where}{name}",
                allowed=allowed,
                hint=nearest(name, allowed),
            )


def leaves(table: Entry, path: str = "") -> dict[str, Any]:
    """Entries by dotted path, whether they were written `"tile.rows"` or `tile.rows`; a table that
    is a range is an entry.
    """
    entries: dict[str, Any] = {}
    for key, value in table.items():
        here = f"{path}.{key}" if path else str(key)
        # A field of the chip may be called as a field of a range is: the range wins.
        if isinstance(value, Mapping) and not (set(value) & set(RANGE_FIELDS)):
            entries.update(leaves(value, here))
        else:
            entries[here] = value
    return entries
