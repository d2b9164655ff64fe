"""Text from outside made safe to show: what a file, a path or a message says can never steer a
terminal or turn a line around.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

# C0 without tab and line feed, DEL and C1 (terminals obey them), marks and overrides of direction,
# separators of lines and paragraphs, the byte-order mark, and lone surrogates, which no encoding
# can write.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff"
    "\ud800-\udfff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def printable(text: str) -> str:
    """`text` with every character that a terminal would obey, or that turns the order of others
    around, as its escape (`\\x1b`).

    Tabs and line feeds stay. Text without such characters comes back as it is.
    """
    return _UNSAFE.sub(lambda unsafe: _escaped(unsafe[0]), text)


def one_line(text: str, limit: int = 200) -> str:
    """`printable` text in one line of at most `limit` characters."""
    # Cut first: a megabyte of text is not worth a search. Escapes are longer than what they
    # replace, runs of blanks shorter.
    text = " ".join(printable(text[: 4 * limit]).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _escaped(character: str) -> str:
    code = ord(character)
    return (
        f"\\x{code:02x}"
        if code < 0x100
        else f"\\u{code:04x}"
        if code < 0x10000
        else f"\\U{code:08x}"
    )


def counted(count: int, noun: str, plural: str = "") -> str:
    """A number with its noun: 1 epoch, 2 epochs; `plural` where it is no noun with an s."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def html_table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A plain HTML table, its texts escaped."""
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    cells = "".join(
        "<tr>" + "".join(f"<td>{escape(str(value))}</td>" for value in row) + "</tr>"
        for row in rows
    )
    return f"<table><tr>{head}</tr>{cells}</table>"
