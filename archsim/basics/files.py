"""Writing files whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hwlib.errors import InputError
from hwlib.text import printable


def write_files(folder: str | Path, files: dict[str, str]) -> Path:
    """Write text files into a folder: all to temporary names first, then renamed. Raises InputError
    where that cannot be.
    """
    if not str(folder).strip():  # Path("") would be the current folder
        raise InputError(
            "an empty path",
            where="folder",
            got=str(folder),
            hint="name a folder; . is the current one",
        )
    folder = Path(folder)
    pending = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            handle, temporary = tempfile.mkstemp(prefix=f".{name}.", dir=folder)
            pending.append((temporary, folder / name))
            with os.fdopen(handle, "w", encoding="utf-8", errors="replace", newline="") as file:
                file.write(text)
            os.chmod(temporary, 0o644)
        while pending:
            os.replace(*pending[0])
            pending.pop(0)
    except OSError as error:
        raise InputError(f"cannot write here ({error.strerror})", where=str(folder)) from None
    finally:
        for temporary, _ in pending:
            Path(temporary).unlink(missing_ok=True)
    return folder


_HEAD_BYTES = 4096


def refuse_other_file(path: str | Path, mark: str) -> None:
    """A file that is there is written over only by its like.

    Args:
        path: the file that is to be written.
        mark: what stands in the first lines of every file of its kind.

    Raises:
        InputError: where another file has that name; an empty one may be written over.
    """
    path = Path(path)
    try:
        if not path.is_file():
            return
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError as error:  # a name that is too long, say
        raise InputError(f"cannot be read ({error.strerror})", where=str(path)) from None
    if head and mark.encode() not in head:
        raise InputError(
            "another file has this name, and would be written over",
            where=str(path),
            got=printable(head[:30].decode("utf-8", "replace")),
            hint="choose another name, or remove what is there",
        )


def csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as CSV, columns in the order of their first appearance; lists and tables as JSON in
    their cell.
    """
    columns = list(dict.fromkeys(key for row in rows for key in row))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.get(column)) for column in columns])
    return text.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, dict | list):
        return json.dumps(value)
    # a spreadsheet would run a name that starts like a formula; a leading quote makes it text
    if not isinstance(value, str):
        return value
    return printable(f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value)
