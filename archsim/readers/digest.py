"""Stored documents that prove themselves: each is written with a digest of its content, and read
only where the two agree.

This is against damage (a flipped bit, a torn copy, a hand that edits one of many numbers), not
against forgery. A document from before there were digests is read with a note.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from archsim.readers.documents import read_json
from hwlib.errors import InputError, StoredNote

FIELD = "digest"
_LETTERS = 16


def note(text: str) -> None:
    """Tell whoever reads."""
    warnings.warn(StoredNote(text), stacklevel=3)


def digest_of(document: Any) -> str:
    """The digest of a JSON document, whatever the order of its fields and the spaces between them."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def seal(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document as JSON has it, with its digest as the last field. Raises ValueError for what
    JSON does not hold.
    """
    # once through JSON, so that the digest is that of what a reader gets: keys are texts there, and
    # sorted as such
    plain: dict[str, Any] = json.loads(
        json.dumps({key: value for key, value in document.items() if key != FIELD}, allow_nan=False)
    )
    return plain | {FIELD: digest_of(plain)}


def unseal(document: Mapping[str, Any], where: str) -> tuple[dict[str, Any], bool]:
    """The document without its digest, and whether it had one. Raises InputError where the digest
    is not that of the content.
    """
    content = dict(document)
    # A digest of null is a wrong one, not none.
    stored = content.pop(FIELD, None)
    if stored is None and FIELD not in document:
        return content, False
    if stored != digest_of(content):
        raise InputError(
            "the numbers are not those that were written: the digest does not fit",
            where=where,
            hint="the file was damaged or edited; make it again",
        )
    return content, True


def line_digest(content: bytes) -> bytes:
    """The digest of one line of a store."""
    return hashlib.blake2b(content, digest_size=_LETTERS // 2).hexdigest().encode()


def seal_line(text: bytes) -> bytes:
    """A JSON list in one line, with the digest of what stands before it as its last entry, and the
    line's end.
    """
    # Inside the list, so that a sealed line is JSON as well.
    return b'%b,"%b"]\n' % (text[:-1], line_digest(text[:-1]))


def sealed_line(line: bytes) -> bytes | None:
    """The JSON list of a line of `seal_line`, with or without its end, and without the digest; None
    where the digest does not fit.
    """
    line = line.rstrip(b"\n")
    body = line[: -_LETTERS - 4]
    stored = line[-_LETTERS - 2 : -2]
    return (
        body + b"]"
        if line[-_LETTERS - 4 : -_LETTERS - 2] == b',"'
        and line[-2:] == b'"]'
        and line_digest(body) == stored
        else None
    )


def has_digest(line: bytes) -> bool:
    """True for a line that ends as those of `seal_line` do."""
    line = line.rstrip(b"\n")
    letters = line[-_LETTERS - 2 : -2]
    return (
        line[-_LETTERS - 4 : -_LETTERS - 2] == b',"'
        and line[-2:] == b'"]'
        and all(letter in b"0123456789abcdef" for letter in letters)
    )


def read_document(path: str | Path, what: str, hint: str = "") -> tuple[Any, bool]:
    """The JSON document of a file, without its digest, and whether it had one. Raises InputError
    that says what could not be read.
    """
    try:
        document = read_json(path)
    except InputError as fault:
        raise InputError(
            f"cannot read the {what} ({fault.what})",
            where=fault.where,
            got=fault.got,
            allowed=fault.allowed,
            hint=hint or fault.hint,
        ) from None
    return unseal(document, str(path)) if isinstance(document, dict) else (document, False)
