"""Reading a user's file: every way in which a path can be wrong is one InputError, and no file is
read without a limit.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from hwlib.errors import InputError, nearest

_PIECE = 1_000_000
LARGEST_FILE = 10**9
"""Bytes. Larger files are refused before they are read."""
LARGEST_TEXT = 10**8
"""Bytes of a TOML or CSV file: 10^6 layers of 100 characters."""


def checked_path(text: str, names: Iterable[str] = ()) -> Path:
    """`text` as the path of an existing regular file. `names` are known names for the nearest-match
    hint. Raises InputError.
    """
    path = Path(text)
    try:
        if path.is_dir():
            raise InputError(
                "is a folder, not a network file",
                where=text,
                hint="name a .toml, .onnx or .csv file in it",
            )
        if not path.exists():
            raise InputError(
                "no such file", where=text, hint=nearest(path.name, [*_siblings(path), *names])
            )
        if not path.is_file():
            raise InputError("is not a regular file", where=text)
    except (OSError, ValueError) as fault:
        if isinstance(fault, InputError):
            raise
        raise InputError(f"cannot be opened ({reason(fault)})", where=text) from None
    return path


@contextlib.contextmanager
def open_regular(path: str | Path) -> Iterator[BinaryIO]:
    """A regular file, open to be read. Raises InputError for anything else: a pipe or a device
    could give bytes forever, or none.

    The kind is looked up before the file is opened (to open a device may do something) and again on
    what was opened.
    """
    file = None
    try:
        try:
            _refuse_special(os.stat(path), path)
            file = os.fdopen(
                os.open(
                    path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
                ),
                "rb",
            )
            _refuse_special(os.fstat(file.fileno()), path)
        except (OSError, ValueError) as fault:
            if isinstance(fault, InputError):
                raise
            raise InputError(f"cannot be read ({reason(fault)})", where=str(path)) from None
        yield file
    finally:
        if file is not None:
            file.close()


def _refuse_special(status: os.stat_result, path: str | Path) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise InputError("is a folder, not a file", where=str(path))
    if not stat.S_ISREG(status.st_mode):
        raise InputError("is not a regular file", where=str(path))


def read_bytes(path: str | Path, largest: int = LARGEST_FILE) -> bytes:
    """The content of a file of 1 to `largest` bytes. Raises InputError."""
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        try:
            # One byte more than it says, to see whether it grew.
            content = b"" if size > largest else file.read(size + 1)
            # It has grown, or the system does not know its size; to ask for all at once takes that
            # much memory.
            if len(content) > size:
                content = bytes(_rest(file, content, largest))
        except OSError as fault:
            raise InputError(f"cannot be read ({reason(fault)})", where=str(path)) from None
    if max(size, len(content)) > largest:
        # in bytes: a small bound in MB would read "got 0 MB; allowed: at most 0 MB"
        raise InputError(
            "the file is too large",
            where=str(path),
            got=f"{max(size, len(content)):,} bytes",
            allowed=f"at most {largest:,} bytes",
        )
    if not content:
        raise InputError("the file is empty", where=str(path))
    return content


def _rest(file: BinaryIO, content: bytes, largest: int) -> bytearray:
    whole = bytearray(content)
    while len(whole) <= largest and (piece := file.read(_PIECE)):
        whole += piece
    return whole


def read_text(path: str | Path, largest: int = LARGEST_TEXT) -> str:
    """The content of a UTF-8 text file, with or without a byte-order mark. Raises InputError."""
    return decoded(read_bytes(path, largest), path)


def decoded(content: bytes, path: str | Path) -> str:
    """Bytes as UTF-8 text, with or without a byte-order mark. Raises InputError with the line."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = content.count(b"\n", 0, fault.start) + 1
        raise InputError(
            f"is not a text file in UTF-8 (line {line})", where=str(path), hint="save it as UTF-8"
        ) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise InputError(
            f"is a binary file, not text (a zero byte at line {line})", where=str(path)
        )
    return text


def reason(fault: Exception) -> str:
    """The system's own words for a failed read, without the path repeated."""
    return (getattr(fault, "strerror", None) or str(fault)).lower()


def _siblings(path: Path) -> list[str]:
    try:
        return [
            item.name
            # A folder of a million files is not worth a hint.
            for index, item in zip(range(1000), path.parent.iterdir())
            if not item.name.startswith(".")
        ]
    except (OSError, ValueError):
        return []
