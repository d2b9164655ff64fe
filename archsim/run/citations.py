"""What a result rests on, to be cited: the sources of its figures, of its update rule and device,
and its own chip and network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from hwlib.bibliography import load_entries, load_sources
from hwlib.errors import InputError
from hwlib.text import counted, html_table

# Our own assumptions are a note to a reader, not a paper that can be cited.
_NO_PAPERS = ("archsim_assumption",)


@dataclass(frozen=True, slots=True)
class Citation:
    """One source: its key in the bibliography, its title and what of the result it stands behind."""

    key: str
    title: str
    used_for: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.title} [{self.key}]: {', '.join(self.used_for)}"


@dataclass(frozen=True, slots=True, repr=False)
class Citations:
    """All sources of one result. `own` are what a user's own files say of themselves, in their
    words.
    """

    citations: tuple[Citation, ...]
    assumed_figures: tuple[str, ...] = ()
    own: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        sources = counted(len(self.citations), "source")
        return f"Citations({sources}, {counted(len(self.assumed_figures), 'assumed figure')})"

    def _repr_html_(self) -> str:
        rows = [(item.title, item.key, ", ".join(item.used_for)) for item in self.citations]
        rows += [(said, "", what) for what, said in self.own.items()]
        if self.assumed_figures:
            rows.append(("assumed by archsim", "", ", ".join(self.assumed_figures)))
        table = html_table(("source", "key", "used for"), rows)
        return f"<p><b>{escape(repr(self))}</b></p>{table}"

    def text(self) -> str:
        """A line a source, and what rests on no source at all."""
        lines = [str(citation) for citation in self.citations]
        lines += [f"{what}: {said}" for what, said in self.own.items()]
        if self.assumed_figures:
            lines.append(f"assumed by archsim, without a source: {', '.join(self.assumed_figures)}")
        return "\n".join(lines)

    def bibtex(self) -> str:
        """The entries of the bibliography, in the order of their keys."""
        entries = load_entries()
        return "\n\n".join(
            entries[citation.key] for citation in self.citations if citation.key in entries
        )


def cite(result: Any) -> Citations:
    """The sources that a result rests on.

    Args:
        result: a `Result`, what `train` returned, the document of one as a mapping, or the path of
            a result.json or its folder.

    Returns:
        citations by key, the names of figures that are archsim's own assumptions, and the words of
            files of the user's own.

    Raises:
        InputError: for a path that holds no result.
    """
    document = _document_of(result)
    uses: dict[str, list[str]] = {}
    assumed = []
    for row in document.get("figures", ()):
        # Told all the same: a reader has to know what has no source.
        if row["source"] in _NO_PAPERS:
            assumed.append(row["name"])
        else:
            uses.setdefault(row["source"], []).append(row["name"])
    for key in _scheme_references(document.get("scheme")):
        uses.setdefault(key, []).append(f"update rule {document['scheme']}")
    own = {f"chip {document['architecture']}": document.get("settings", {}).get("source", "")}
    device = document.get("training", {}).get("inputs", {}).get("device") or {}
    if device:
        name = f"device {document.get('device') or device.get('law', '')}"
        # Devices of the library name a key of the bibliography, a user's own file any words.
        if device.get("source") in load_sources():
            uses.setdefault(device["source"], []).append(name)
        else:
            own[name] = device.get("source") or ""
    titles = load_sources()
    # By key, so the same result cites the same text at any time.
    citations = tuple(Citation(key, titles.get(key, ""), tuple(uses[key])) for key in sorted(uses))
    return Citations(citations, tuple(assumed), {what: said for what, said in own.items() if said})


def _document_of(result: Any) -> Mapping[str, Any]:
    if isinstance(result, Mapping):
        if "architecture" not in result:
            raise InputError(
                "no document of a result: it names no chip",
                where="result",
                got=", ".join(map(str, result)) or "nothing",
            )
        return result
    if isinstance(result, str | Path):
        from archsim.run.result import Result

        return Result.load(result).document
    # A training has its priced step as `result`.
    document = getattr(getattr(result, "result", result), "document", None)
    if not isinstance(document, Mapping):
        raise InputError(
            "no result",
            where="result",
            got=type(result).__name__,
            allowed="a Result, a Training, its document, or a path",
        )
    return document


def _scheme_references(name: str | None) -> tuple[str, ...]:
    from archsim.schemes import list_schemes, load_scheme

    # a scheme of somebody's own is known to the process that ran it only
    return tuple(type(load_scheme(name)).references) if name in list_schemes() else ()
