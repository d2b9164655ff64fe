"""The frame of a plot with two scales, and where its parts stand."""

from __future__ import annotations

from typing import NamedTuple

from archsim.report.drawing.drawing import Drawing, Line, Text
from archsim.report.drawing.scale import Scale


class Strip(NamedTuple):
    """Where a row, a bar or a small plot starts, and how wide it is, in pixels."""

    x: float
    y: float
    width: float


def frame(
    drawing: Drawing,
    across: Scale,
    upward: Scale,
    left: float,
    top: float,
    titles: tuple[str, str],
    spacing: float = 70.0,
    shift: float = 0.0,
) -> None:
    """Grid, ticks and titles of a plot whose upper left corner is (left, top); the lower scale
    starts `shift` pixels inside it.
    """
    bottom = top + upward.length
    start = left + shift
    # Lines of the grid cross the gap before the scale too, where a value of zero stands.
    right = left + shift + across.length
    for x, label in across.ticks(spacing):
        drawing.add(
            Line(start + x, top, start + x, bottom, "grid"),
            Text(start + x, bottom + 15, label, "middle", 11, "soft"),
        )
    for y, label in upward.ticks(44):
        drawing.add(
            Line(left, bottom - y, right, bottom - y, "grid"),
            Text(left - 6, bottom - y + 4, label, "end", 11, "soft"),
        )
    drawing.add(Line(left, bottom, right, bottom), Line(left, top, left, bottom))
    drawing.add(
        Text(
            start + across.length / 2,
            bottom + 33,
            with_unit(titles[0], across),
            "middle",
            fill="soft",
        ),
        Text(
            13,
            top + upward.length / 2,
            with_unit(titles[1], upward),
            "middle",
            fill="soft",
            turned=True,
        ),
    )


def with_unit(title: str, scale: Scale) -> str:
    """A title with the unit of its scale."""
    return f"{title}, {scale.unit}" if scale.unit else title


def step_line(drawing: Drawing, marks: list[tuple[float, float]]) -> None:
    """The stairs along a front, marks from left to right."""
    for (x1, y1), (x2, y2) in zip(marks, marks[1:]):
        drawing.add(Line(x1, y1, x2, y1, "accent", 1.4), Line(x2, y1, x2, y2, "accent", 1.4))
