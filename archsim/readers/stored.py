"""Opening a stored document of archsim: bounded, proved by its digest, brought to the current version."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from archsim.readers.digest import note, read_document
from archsim.readers.versions import Document, migrated
from hwlib.errors import InputError


@dataclass(frozen=True)
class Stored:
    """A document that was read: without its digest, of the current version of its kind.

    Args:
        document: its fields, the version among them.
        sealed: whether it had a digest (one that does not fit is refused).
    """

    document: Document
    sealed: bool


def read_stored(path: str | Path, kind: str, what: str, hint: str = "") -> Stored:
    """A stored document of a kind.

    Args:
        path: the JSON file.
        kind: one of `archsim.readers.versions.DOCUMENTS`.
        what: what a message calls it ("sweep").
        hint: what to do where it cannot be read.

    Returns:
        The document as the current version has it; what it holds, the caller checks by its form.

    Raises:
        InputError: the file cannot be read, is no table, its digest does not fit, or its version is
            not known here.
    """
    document, sealed = read_document(path, what, hint)
    if not isinstance(document, dict):
        raise InputError(f"not the document of a {what}", where=str(path), hint=hint)
    # Migrated after the digest was held against what was written.
    return Stored(migrated(kind, document, f"{path}: "), sealed)


def note_unsealed(stored: Stored, path: str | Path) -> None:
    """Tell whoever reads that a document was stored without digest."""
    if not stored.sealed:
        note(f"{path}: stored without digest")
