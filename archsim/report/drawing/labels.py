"""Positions for the names of points in a plot, so that no name covers a point or another name."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from archsim.report.drawing.drawing import Drawing, Line, Text, text_width

Box = tuple[float, float, float, float]
# In pixels, wider apart further out: near positions are wanted and tried finely.
_DISTANCES = (6.0, 10.0, 16.0, 22.0, 30.0, 40.0, 52.0, 66.0, 84.0, 104.0)
# sixteenths of a circle: right, left, above, below first
_TURNS = (0, 8, 12, 4, 14, 2, 10, 6, 15, 1, 9, 7, 13, 3, 11, 5)
_MARGIN = 3.0  # free pixels at both ends of a name
_LEADER = 14.0  # from here on a line ties the name to its point
_NAME = 1000.0  # what it costs to cover another name
_POINT = 200.0  # what it costs to cover a point
_NEARER = 30.0  # what it costs to be nearer to a point of another name


@dataclass(frozen=True, slots=True)
class NamePosition:
    """A name's box (left, top, right, bottom), and whether a line has to tie it to its point."""

    box: Box
    tied: bool


def place_names(
    points: Sequence[tuple[float, float]],
    names: Sequence[str],
    size: float,
    bounds: Box,
    lines: Sequence[tuple[Box, float]] = (),
    radius: float = 6.0,
) -> list[NamePosition]:
    """A position for every name: nearest first, those in a crowd before those alone, then each once
    more with all others set.

    `lines` are thin boxes that are better left free, with the pixels that a name goes out of their
    way; `bounds` is the plot.
    Deterministic.
    """
    marks = [(x - radius, y - radius, x + radius, y + radius) for x, y in points]
    high = size * 1.15
    crowd = [sum(math.dist(one, other) < 60 for other in points) for one in points]
    # Names in a crowd have the fewest positions, so they choose first.
    order = sorted(range(len(points)), key=lambda i: (-crowd[i], i))
    chosen: dict[int, NamePosition] = {}
    # Again with all others in place: the first round did not know what came later.
    for _ in range(3):
        for i in order:
            others = [position.box for j, position in chosen.items() if j != i]
            chosen[i] = _best(
                points[i],
                text_width(names[i], size) + 2 * _MARGIN,
                high,
                bounds,
                marks,
                others,
                lines,
            )
    return [chosen[i] for i in range(len(points))]


def draw_names(
    drawing: Drawing,
    points: Sequence[tuple[float, float]],
    names: Sequence[str],
    positions: Sequence[NamePosition],
    size: float,
    colours: Sequence[str],
) -> None:
    """The names at their positions, tied to their points where they are away."""
    for (x, y), name, position, colour in zip(points, names, positions, colours):
        left, top, right, bottom = position.box
        if position.tied:
            drawing.add(Line(x, y, min(max(x, left), right), min(max(y, top), bottom), "soft", 0.7))
        drawing.add(Text(left + _MARGIN, bottom - 0.22 * size, name, size=size, fill=colour))


def _best(
    point: tuple[float, float],
    wide: float,
    high: float,
    bounds: Box,
    marks: Sequence[Box],
    others: Sequence[Box],
    lines: Sequence[tuple[Box, float]],
) -> NamePosition:
    best: NamePosition | None = None
    least = math.inf
    centres = [((mark[0] + mark[2]) / 2, (mark[1] + mark[3]) / 2) for mark in marks]
    for distance in _DISTANCES:
        # Further out the distance alone costs more than the best that there is.
        if best is not None and distance >= least:
            break
        for turn in _TURNS:
            box = _box(point, wide, high, distance, turn)
            outside = max(
                bounds[0] - box[0], bounds[1] - box[1], box[2] - bounds[2], box[3] - bounds[3], 0.0
            )
            cost = (
                distance + 100 * outside + _NAME * _hits(box, others) + _POINT * _hits(box, marks)
            )
            cost += sum(price for line, price in lines if _hits(box, (line,)))
            own = _gap(point, box)
            nearer = sum(_gap(other, box) < own + 2 for other in centres if other != point)
            # A name nearer to another point is read as that point's name.
            cost += _NEARER * nearer
            # Only where a line is drawn can it cross a name.
            if distance > _LEADER:
                cost += _NAME * 0.2 * sum(_crosses(point, box, other) for other in others)
            if cost < least:
                best = NamePosition(box, distance > _LEADER or nearer > 0)
                least = cost
    if best is None:
        raise RuntimeError("no position was looked at")
    return best


def _box(point: tuple[float, float], wide: float, high: float, distance: float, turn: int) -> Box:
    """A box `distance` away from a point in one of sixteen directions: beside it, over it, or with
    a corner towards it.
    """
    across = math.cos(math.pi * turn / 8)
    down = math.sin(math.pi * turn / 8)
    # Above one in eight directions the box sits squarely beside its point, between them it slides.
    side, level = (max(-1.0, min(1.0, 1.5 * share)) for share in (across, down))
    left = point[0] + distance * across - wide * (1 - side) / 2
    top = point[1] + distance * down - high * (1 - level) / 2
    return left, top, left + wide, top + high


def _gap(point: tuple[float, float], box: Box) -> float:
    """Distance of a point to a box."""
    return math.hypot(
        max(box[0] - point[0], point[0] - box[2], 0.0),
        max(box[1] - point[1], point[1] - box[3], 0.0),
    )


def _hits(box: Box, others: Sequence[Box]) -> int:
    return sum(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in others)


def _crosses(point: tuple[float, float], box: Box, other: Box) -> bool:
    """Whether the line from a point to its name runs through another name."""
    end = min(max(point[0], box[0]), box[2]), min(max(point[1], box[1]), box[3])
    steps = [
        (point[0] + k / 8 * (end[0] - point[0]), point[1] + k / 8 * (end[1] - point[1]))
        for k in range(1, 8)
    ]
    return any(other[0] < x < other[2] and other[1] < y < other[3] for x, y in steps)
