"""The bytes that a data set published, and no others."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from hwlib.errors import InputError

AGAIN = "fetch it again"


def check_content(
    content: bytes,
    size: int,
    md5: str,
    path: Path,
    advice: Callable[[str], str] = lambda digest: AGAIN,
) -> None:
    """Raise InputError, naming the file, for anything but the published bytes.

    Args:
        content: of the file.
        size: bytes that it must have.
        md5: of its content.
        path: of the file.
        advice: what to do about a content with another md5.
    """
    if len(content) != size:
        raise InputError(
            "the file is cut off or too long",
            where=str(path),
            got=f"{len(content)} bytes",
            allowed=f"{size} bytes",
        )
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if digest != md5:
        raise InputError(
            "md5 mismatch", where=str(path), got=digest, allowed=md5, hint=advice(digest)
        )
