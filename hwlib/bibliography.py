"""The bibliography: every source, whole as BibTeX and taken apart into its fields."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType

from hwlib.errors import InputError
from hwlib.part_documents import read_part_documents

# An entry ends with a brace at the start of a line; a field is one line, its value in braces.
_ENTRY = re.compile(r"^@(\w+)\{\s*([^,\s]+)\s*,(.*?)\n\}", flags=re.S | re.M)
_VENUES = ("journal", "booktitle", "howpublished")
_FIELD = re.compile(r"^\s*(\w+)\s*=\s*\{(.*)\},?\s*$", flags=re.M)


@dataclass(frozen=True, slots=True)
class Source:
    """One source that figures, device laws or update rules rest on.

    Args:
        key: name by which figures cite it.
        kind: BibTeX type of the entry (article, inproceedings, misc).
        title: title of the publication.
        author: authors as printed in the entry.
        year: year of publication, as printed.
        venue: conference, journal or place of publication; empty where the entry has none.
        note: where it is found, and how it was read where not in the original.
        bibtex: the whole entry.
    """

    key: str
    kind: str
    title: str
    author: str
    year: str
    venue: str
    note: str
    bibtex: str


@functools.cache
def load_bibliography() -> Mapping[str, Source]:
    """Every source by its key: those of `sources.bib`, then those of part files of their own.

    Returns:
        key -> Source; read-only, one object for all callers.

    Raises:
        InputError: where two entries have one key.
    """
    written = {"sources.bib": (resources.files("hwlib") / "sources.bib").read_text("utf-8")}
    for name, document in read_part_documents().items():
        written[name] = str(document.get("bibtex", ""))
    sources: dict[str, Source] = {}
    for name, text in written.items():
        for source in map(_source, _ENTRY.finditer(text)):
            if source.key in sources:
                raise InputError("source defined twice", where=name, got=source.key)
            sources[source.key] = source
    return MappingProxyType(sources)


def _source(entry: re.Match[str]) -> Source:
    kind, key, body = entry.groups()
    fields = {name: " ".join(value.split()) for name, value in _FIELD.findall(body)}
    return Source(
        key=key,
        kind=kind,
        title=fields.get("title", ""),
        # BibTeX doubles the braces of a corporate author, who has no first name to turn around.
        author=fields.get("author", "").strip("{}"),
        year=fields.get("year", ""),
        # BibTeX has a field of its own for each kind of publication; an entry has one of them.
        venue=next((fields[name] for name in _VENUES if fields.get(name)), ""),
        note=fields.get("note", ""),
        bibtex=entry.group(),
    )


def load_sources() -> dict[str, str]:
    """Keys of the bibliography with their titles."""
    return {key: source.title for key, source in load_bibliography().items()}


def load_entries() -> dict[str, str]:
    """Keys of the bibliography with their whole BibTeX entries."""
    return {key: source.bibtex for key, source in load_bibliography().items()}
