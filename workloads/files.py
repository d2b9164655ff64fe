"""Reading a user's file: every way in which a path can be wrong is one InputError."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from hwlib.errors import InputError, nearest

LARGEST_FILE = 10**9
"""Bytes. Larger files are refused before they are read."""
LARGEST_TEXT = 10**8
"""Bytes of a TOML or CSV file: 10^6 layers of 100 characters."""


def checked_path(text: str, names: Iterable[str] = ()) -> Path:
    """`text` as the path of an existing regular file. `names` are known names for the nearest-match hint. Raises InputError."""
    path = Path(text)
    try:
        if path.is_dir():
            raise InputError("is a folder, not a network file", where=text, hint="name a .toml, .onnx or .csv file in it")
        if not path.exists():
            raise InputError("no such file", where=text, hint=nearest(path.name, [*_siblings(path), *names]))
        if not path.is_file():
            raise InputError("is not a regular file", where=text)
    except (OSError, ValueError) as fault:
        if isinstance(fault, InputError):
            raise
        raise InputError(f"cannot be opened ({reason(fault)})", where=text) from None
    return path


def read_bytes(path: Path, largest: int = LARGEST_FILE) -> bytes:
    """The content of a file of 1 to `largest` bytes. Raises InputError."""
    try:
        size = path.stat().st_size
        if size > largest:
            limit = f"at most {largest / 1e6:,.0f} MB"
            raise InputError("the file is too large", where=str(path), got=f"{size / 1e6:,.0f} MB", allowed=limit)
        content = path.read_bytes()
    except (OSError, ValueError) as fault:
        if isinstance(fault, InputError):
            raise
        raise InputError(f"cannot be read ({reason(fault)})", where=str(path)) from None
    if not content:
        raise InputError("the file is empty", where=str(path))
    return content


def read_text(path: Path) -> str:
    """The content of a UTF-8 text file, with or without a byte-order mark. Raises InputError."""
    content = read_bytes(path, LARGEST_TEXT)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = content.count(b"\n", 0, fault.start) + 1
        raise InputError("is not UTF-8 text", where=f"{path}: line {line}", hint="save it as UTF-8") from None
    if "\0" in text:
        raise InputError("is a binary file, not text", where=str(path))
    return text


def reason(fault: Exception) -> str:
    """The system's own words for a failed read, without the path repeated."""
    return (getattr(fault, "strerror", None) or str(fault)).lower()


def _siblings(path: Path) -> list[str]:
    try:
        return [item.name for index, item in zip(range(1000), path.parent.iterdir()) if not item.name.startswith(".")]
    except (OSError, ValueError):
        return []
