"""Markdown that Sphinx reads: tables, code and texts that came from the code."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence

ARGUMENTS = re.compile(r"^(Args|Returns|Raises|Source|Yields):$", re.MULTILINE)


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; cells are Markdown."""
    lines = [heads, ["---"] * len(heads), *([_cell(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _cell(cell: object) -> str:
    return " ".join(str(cell).replace("|", "\\|").split())


def code(value: object) -> str:
    """A name or a value as code."""
    text = str(value)
    return f"`{text}`" if text and "`" not in text else text


def prose(text: str) -> str:
    """A text of the code as Markdown: what stands outside of backticks means nothing special."""
    pieces = re.split(r"(`[^`]*`)", " ".join(text.split()))
    return "".join(
        piece if piece.startswith("`") else re.sub(r"([*_<>\[\]{}$#\\])", r"\\\1", piece)
        for piece in pieces
    )


def docstring(thing: object) -> str:
    """The docstring of a class or function in paragraphs, each escaped; headings of arguments are
    bold."""
    text = inspect.cleandoc(inspect.getdoc(thing) or "")
    paragraphs = re.split(r"\n\s*\n", text)
    return "\n\n".join(_paragraph(paragraph) for paragraph in paragraphs if paragraph)


def _paragraph(text: str) -> str:
    first, _, rest = text.partition("\n")
    if ARGUMENTS.match(first):
        items = re.split(r"\n(?=    \S)", "\n" + rest)
        lines = [f"- {prose(item)}" for item in items if item.strip()]
        return f"**{first.rstrip(':')}**\n\n" + "\n".join(lines)
    return prose(text)


def anchor(name: str) -> str:
    """A target that other pages point to by `name`."""
    return f"({name})=\n"


def page(title: str, *parts: str) -> str:
    """A page: its title and its parts, with an empty line between."""
    return "\n\n".join([f"# {title}", *(part.rstrip() for part in parts)]) + "\n"
