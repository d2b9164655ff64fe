"""The rows of a sweep as CSV or Parquet, written piece by piece so that a million points never sit
in memory.
"""

from __future__ import annotations

import contextlib
import csv
import itertools
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from archsim.basics.files import csv_text
from hwlib.errors import InputError

FORMATS = ("csv", "parquet")
_PIECE = 5000


def export_rows(rows: Iterable[dict[str, Any]], path: str | Path) -> Path:
    """Write rows to a .csv or .parquet file, whole or not at all; the columns are those of the
    first row.

    Raises InputError for another suffix, a missing pyarrow, or a place that cannot be written.
    """
    path = Path(path)
    write = {".csv": _csv, ".parquet": _parquet}.get(path.suffix)
    if write is None:
        raise InputError(
            "unknown format",
            where=str(path),
            got=path.suffix,
            allowed=[f".{name}" for name in FORMATS],
        )
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(handle)
        try:
            write(_pieces(rows), temporary)
            # A temporary file is its owner's alone; a table is to be read by others.
            os.chmod(temporary, 0o644)
            os.replace(temporary, path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
    except OSError as error:
        raise InputError(
            f"cannot write here ({error.strerror or error})", where=str(path)
        ) from None
    return path


def _pieces(rows: Iterable[dict]) -> Iterator[list[dict]]:
    rows = iter(rows)
    while piece := list(itertools.islice(rows, _PIECE)):
        yield piece


def _csv(pieces: Iterator[list[dict]], path: str) -> None:
    with open(path, "w", encoding="utf-8", newline="") as file:
        for number, piece in enumerate(pieces):
            text = csv_text(piece)
            file.write(text if number == 0 else _without_head(text))


def _without_head(text: str) -> str:
    # a quoted name of a column may hold a line end, so the head is found by reading it
    lines = text.splitlines(keepends=True)
    reader = csv.reader(iter(lines))
    next(reader)
    return "".join(lines[reader.line_num :])


def _parquet(pieces: Iterator[list[dict]], path: str) -> None:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise InputError(
            "Parquet needs the extra 'parquet'", hint="pip install 'archsim[parquet]'"
        ) from None
    with contextlib.ExitStack() as stack:
        writer = None
        for piece in pieces:
            columns = {name: [row.get(name) for row in piece] for name in piece[0]}
            # That of the first piece holds for all: a Parquet file has one.
            schema = writer.schema if writer else _schema(pyarrow, columns)
            table = pyarrow.table(columns, schema=schema)
            if writer is None:
                writer = stack.enter_context(pyarrow.parquet.ParquetWriter(path, schema))
            writer.write_table(table)


def _schema(pyarrow: Any, columns: dict[str, list]) -> Any:
    """Texts, true/false, or else numbers: a metric that is whole in the first piece may have
    fractions later.
    """

    def kind(values: list) -> Any:
        known = [value for value in values if value is not None]
        if any(isinstance(value, str) for value in known):
            return pyarrow.string()
        return (
            pyarrow.bool_()
            if known and all(isinstance(value, bool) for value in known)
            else pyarrow.float64()
        )

    return pyarrow.schema([(name, kind(values)) for name, values in columns.items()])
