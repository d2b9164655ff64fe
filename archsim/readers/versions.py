"""Which version each kind of document has, and how an older one becomes the current one.

One table: a kind, the field that holds its version, the current version, and a migration a step
(from version n to n + 1). To change what a kind of document must hold: raise `current`, add the
migration, keep a copy of the older document in `tests/readers/older/`, and put the new digest of the
schema into `tests/readers/test_versions.py`. A field that may be missing needs no new version.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from archsim.readers.checks import below
from archsim.readers.digest import note
from archsim.readers.older import rows_of_a_seed
from hwlib.errors import InputError, unknown

Document = dict[str, Any]
Migration = Callable[[Document], Document]


@dataclass(frozen=True)
class Kind:
    """A kind of document that is read from a file.

    Args:
        title: what a message calls it.
        current: the version that is written.
        migrations: version n -> the function that makes version n + 1 of its document, without the
            field of the version.
        field: where the version stands.
        unversioned: the version of a document without that field; None where it must be there.
    """

    title: str
    current: int = 1
    migrations: Mapping[int, Migration] = field(default_factory=dict)
    field: str = "schema"
    unversioned: int | None = None


def _unchanged(document: Document) -> Document:
    """Version 0 is version 1 from before its version was written down."""
    return document


DOCUMENTS: dict[str, Kind] = {
    # what a user writes
    "network": Kind("network file"),
    "architecture": Kind("architecture file"),
    "device": Kind("device file", unversioned=1),
    "space": Kind("space file"),
    "study": Kind("study file", unversioned=1),
    "activity": Kind("activity file", unversioned=1),
    # what archsim writes
    "result": Kind("result file"),
    "comparison": Kind("comparison", 2, {0: _unchanged, 1: rows_of_a_seed}, unversioned=0),
    "sweep": Kind("document of a sweep"),
    "head": Kind("head of a sweep's rows", 1, {0: _unchanged}, unversioned=0),
    "request": Kind("request of a comparison", 1, {0: _unchanged}, unversioned=0),
    "trial": Kind("trial of a tuning"),
    "trace": Kind("trace file", field="archsim_trace"),
    "checkpoint": Kind("checkpoint", field="format"),
}


def version_of(kind: str, document: Mapping[str, Any], where: str) -> int:
    """The version of a document.

    Args:
        kind: one of DOCUMENTS.
        document: as it was read.
        where: the file, with ": " behind it where the field's name is to stand alone.

    Raises:
        InputError: no version where there must be one, no whole number, or a version that this
            archsim does not know; a newer one with a hint.
    """
    if kind not in DOCUMENTS:
        raise unknown("kind of document", kind, DOCUMENTS)
    entry = DOCUMENTS[kind]
    version = document.get(entry.field, entry.unversioned)
    known = [*sorted(entry.migrations), entry.current]
    if version is None:
        raise InputError(f"field '{entry.field}' is missing", where=where.removesuffix(": "))
    if isinstance(version, bool) or not isinstance(version, int) or version not in known:
        # No bool here, which an isinstance would take.
        newer = type(version) is int and version > entry.current
        raise InputError(
            f"unknown version of the {entry.title}",
            where=below(where, entry.field),
            got=version,
            allowed=", ".join(map(str, known)),
            hint="another version of archsim, a newer one, wrote it: update archsim"
            if newer
            else "",
        )
    return version


def migrated(kind: str, document: Mapping[str, Any], where: str) -> Document:
    """The document as the current version has it, with its version in place.

    An older one is migrated step by step, and whoever reads is told (`StoredNote`).

    Args:
        kind: one of DOCUMENTS.
        document: as it was read, without its digest; it is not changed.
        where: the file, with ": " behind it where the field's name is to stand alone.

    Raises:
        InputError: as `version_of` does.
    """
    entry = DOCUMENTS[kind]
    version = version_of(kind, document, where)
    content = {name: value for name, value in document.items() if name != entry.field}
    if version != entry.current:
        note(
            f"{where.removesuffix(': ')}: a {entry.title} of version {version}, "
            f"read as version {entry.current}"
        )
    for step in range(version, entry.current):
        content = entry.migrations[step](content)
    return {entry.field: entry.current} | content


def current_version(kind: str) -> int:
    """The version in which documents of a kind are written."""
    return DOCUMENTS[kind].current


def versioned(kind: str, content: Mapping[str, Any]) -> Document:
    """A document to be written: the current version of its kind, then its content."""
    entry = DOCUMENTS[kind]
    return {entry.field: entry.current} | dict(content)
