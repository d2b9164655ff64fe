"""A plot as a list of plain marks. Colours are tokens, so one drawing serves both themes, the
page and the paper.

Coordinates are pixels at scale one, y downwards. `svg.py` and `raster.py` turn a drawing into a
file.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import TypeAlias

# Advance widths of Helvetica and its metric twins (Arial, Liberation Sans) in 1/1000 em.
_WIDTHS = {
    **dict.fromkeys("iljI|'!.,:;", 270),
    **dict.fromkeys("tfr()[] -/", 320),
    **dict.fromkeys("abdeghnopquL0123456789_–=+<>~", 556),
    **dict.fromkeys("cksvxyzJ", 500),
    **dict.fromkeys("ABEKPSVXY&", 667),
    **dict.fromkeys("CDHNRUw", 722),
    **dict.fromkeys("GOQ", 778),
    **dict.fromkeys("mM%", 860),
    **dict.fromkeys("W…@", 944),
}


# Pixels around a drawing that is a file of its own.
EDGE = 12.0


@dataclass(frozen=True, slots=True)
class Rect:
    x: float
    y: float
    width: float
    height: float
    fill: str
    tip: str = ""
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class Line:
    x1: float
    y1: float
    x2: float
    y2: float
    stroke: str = "line"
    width: float = 1.0
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    x: float
    y: float
    text: str
    anchor: str = "start"
    size: float = 12.0
    fill: str = "ink"
    bold: bool = False
    turned: bool = False
    halo: bool = False  # an edge in the colour of the card, for a text over marks


@dataclass(frozen=True, slots=True)
class Circle:
    x: float
    y: float
    radius: float
    fill: str
    tip: str = ""


@dataclass(frozen=True, slots=True)
class Dots:
    """A cloud of round marks of one size and colour, as one mark. `names` are what a page calls
    them, one each, or none.
    """

    points: tuple[tuple[float, float], ...]
    radius: float
    fill: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Boxes:
    """Many boxes (x, y, width, height) of one colour with one tip."""

    boxes: tuple[tuple[float, float, float, float], ...]
    fill: str
    tip: str = ""


Mark: TypeAlias = Rect | Line | Text | Circle | Dots | Boxes


@dataclass
class Drawing:
    """A canvas of `width` x `height` pixels with its marks in painting order. `title` is read out
    by screen readers.
    """

    width: float
    height: float
    title: str
    marks: list[Mark] = field(default_factory=list)

    def add(self, *marks: Mark) -> None:
        self.marks.extend(marks)


def printable(text: str) -> str:
    """A text without the characters that XML 1.0 forbids: a name that holds one would make the file
    unreadable.
    """
    return "".join(
        # Halves of surrogate pairs come from JSON that was cut, and no UTF-8 file can hold one.
        c if c >= " " and not 0xD800 <= ord(c) <= 0xDFFF and ord(c) not in (0xFFFE, 0xFFFF) else "�"
        for c in text
    )


# A bold face is wider than its regular one: by 20 % in DejaVu Sans, the widest that a page falls
# back to.
_BOLD = 1.2


def text_width(text: str, size: float = 12.0, bold: bool = False) -> float:
    """Width of a text in pixels, near enough to lay out labels."""
    units = sum(
        # A table and not a font: the page is drawn by whatever font its reader has.
        _WIDTHS.get(c) or (1000 if unicodedata.east_asian_width(c) in "WF" else 600)
        for c in text
    )
    return units * size / 1000 * (_BOLD if bold else 1.0)


def fit_text(text: str, width: float, size: float = 12.0, bold: bool = False) -> str:
    """A text cut in the middle until it fits `width` pixels."""
    if text_width(text, size, bold) <= width:
        return text
    kept = len(text)
    while kept > 1:
        kept -= 1
        # More of the end: layers of one block begin alike and differ behind.
        head = kept * 2 // 5
        candidate = text[:head] + "…" + text[len(text) - (kept - head) :]
        if text_width(candidate, size, bold) <= width:
            return candidate
    return "…"


def add_legend(
    drawing: Drawing,
    entries: list[tuple[str, str]],
    x: float,
    y: float,
    width: float,
    size: float = 12.0,
) -> float:
    """Swatches with names from (x, y), wrapped at `width`; returns the height used."""
    left = x
    row = 0
    for name, colour in entries:
        need = 16 + text_width(name, size) + 16
        # The first of a row stays however wide it is, or the legend would never end.
        if left > x and left + need > x + width:
            left = x
            row += 1
        top = y + row * 19
        drawing.add(
            Rect(left, top, 11, 11, colour), Text(left + 16, top + 10, name, size=size, fill="soft")
        )
        left += need
    return (row + 1) * 19.0
