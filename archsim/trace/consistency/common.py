"""What the checks of a trace share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from archsim.trace.operation import Activity, Operation, Trace
from hwlib.errors import InputError

LISTS = ("image_operations", "batch_operations", "setup_operations")
READS = ("read", "read_transposed")
DEFAULT = Activity()
# Counts are means over many steps, added up in floating point.
SLACK = 1e-6


class Listed(NamedTuple):
    """An operation, the list of a trace that it stands in, and where messages say that it is."""

    at: str
    name: str
    operation: Operation


def operations(trace: Trace, where: str) -> Iterator[Listed]:
    """All operations of a trace."""
    for name in LISTS:
        for index, operation in enumerate(getattr(trace, name)):
            yield Listed(f"{where}: {name}[{index}]", name, operation)


def at_most(value: float, most: float, at: str, what: str) -> None:
    """Raise InputError where a value is more than what is named."""
    if value > most * (1 + SLACK):
        raise InputError(f"more than the {what}", where=at, got=value, allowed=f"up to {most:g}")
