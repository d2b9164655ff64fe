"""Lines of CSV as cells, each with the line on which it begins."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

from hwlib.errors import InputError


def csv_rows(
    lines: Iterable[str], where: str, first: int = 1, delimiter: str = ","
) -> Iterator[tuple[int, list[str]]]:
    """Part lines of CSV into cells.

    Args:
        lines: the text, a line each.
        where: what messages call it.
        first: number of the first line.
        delimiter: between cells; spaces behind it belong to no cell.

    Yields:
        the number of the line on which a row begins, and its cells; none for an empty line.

    Raises:
        InputError: with the line, for a cell longer than Python's reader takes.
    """
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    number = first
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as fault:
            raise InputError(f"is not CSV ({fault})", where=f"{where}: line {number}") from None
        if cells is None:
            return
        yield number, cells
        # A cell in quotes may hold line ends, so lines are not rows.
        number = first + reader.line_num
