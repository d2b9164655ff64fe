"""What stands in a cell of a comparison's tables: the value of a key as text, with its unit."""

from __future__ import annotations

from collections.abc import Callable

from archsim.report.drawing import format as fmt
from archsim.report.table import Column, Row


def key_of(name: str) -> Callable[[Row], object]:
    return lambda row: row.get(name)


def text_column(name: str, heading: str, below: str = "", hidden: bool = False) -> Column:
    return Column(
        name,
        heading,
        key_of(name),
        lambda value: str(value or fmt.NONE),
        numeric=False,
        below=below,
        hidden=hidden,
    )


def in_unit(unit: str) -> Callable[[object], str]:
    return lambda value: fmt.si(value, unit, 3)
