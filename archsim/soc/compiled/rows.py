"""Rows as tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from archsim.soc.compiled.tables import Table
from archsim.soc.compiled.words import NONE
from archsim.soc.server import Server

Row = dict[str, Any]
"""A row by the names of its fields; one that is not named is 0."""


def empty_table(form: np.dtype[np.void], rows: int) -> Table:
    """So many rows of zeros, one at least."""
    return np.zeros(max(1, rows), form)


def table_of(form: np.dtype[np.void], rows: Sequence[Row]) -> Table:
    """Rows as a table; a field that a row does not name is 0."""
    unnamed = dict.fromkeys(form.names or (), 0)
    return table_of_all(form, [tuple((unnamed | row).values()) for row in rows])


def table_of_all(form: np.dtype[np.void], rows: Sequence[tuple[float, ...]]) -> Table:
    """Rows that name every field, in the order of the form, as a table."""
    return np.array(rows, form) if rows else empty_table(form, 0)


def add_rows(rows: list[Row], more: Iterable[Row]) -> tuple[int, int]:
    """Put rows behind others: the number of the first, and how many."""
    first = len(rows)
    rows.extend(more)
    return first, len(rows) - first


def rows_of_servers(servers: Sequence[Server]) -> Iterator[Row]:
    """Servers that serve nobody yet, their ports one behind the other."""
    first = 0
    for server in servers:
        yield {
            "first_port": first,
            "ports": len(server.free_at),
            "first_waiting": NONE,
            "first_words": NONE,
        }
        first += len(server.free_at)
