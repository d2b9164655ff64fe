"""Tables that come with a package: rows of CSV by the names of their columns."""

from __future__ import annotations

import csv
from importlib import resources


def stored_table(package: str, file: str) -> list[dict[str, str]]:
    """Read a table that is package data.

    Args:
        package: dotted name of the package that holds it.
        file: name of the file, whose first line names the columns.

    Returns:
        the rows in their order, column -> text.
    """
    text = (resources.files(package) / file).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))
