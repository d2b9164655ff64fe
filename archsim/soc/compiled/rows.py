"""Rows as tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from archsim.soc.compiled.tables import SERVER, Table
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
    named = [tuple((unnamed | row).values()) for row in rows]
    return np.array(named, form) if named else empty_table(form, 0)


def add_rows(rows: list[Row], more: Iterable[Row]) -> tuple[int, int]:
    """Put rows behind others: the number of the first, and how many."""
    first = len(rows)
    rows.extend(more)
    return first, len(rows) - first


def table_of_servers(servers: Sequence[Server]) -> Table:
    """Servers that serve nobody yet, their ports one behind the other."""
    table = empty_table(SERVER, len(servers))
    ports = [len(server.free_at) for server in servers]
    table["ports"][: len(ports)] = ports
    table["first_port"][: len(ports)] = np.cumsum([0, *ports[:-1]])[: len(ports)]
    table["first_waiting"] = table["first_words"] = NONE
    return table
