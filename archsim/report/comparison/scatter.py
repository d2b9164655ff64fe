"""Test error over what it costs: a point a scheme, with what low and high prices make of it, and
the front of the best.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from archsim.report.comparison.view import ComparisonView
from archsim.report.drawing import format as fmt
from archsim.report.drawing.drawing import Circle, Drawing, Line, Text, add_legend, fit_text
from archsim.report.drawing.frame import frame, step_line
from archsim.report.drawing.labels import Box, draw_names, place_names
from archsim.report.drawing.scale import Scale, scale_of

_NARROW = 420.0
_ZERO = 40.0  # pixels kept for schemes whose cost is zero


@dataclass(frozen=True, slots=True)
class CostAxis:
    """What stands on the lower axis: column of the rows, its low and high (empty: not known), words
    and unit.
    """

    key: str
    low: str
    high: str
    words: str
    unit: str

    def write(self, value: float) -> str:
        return (
            fmt.area(value, 3)
            if self.unit == "mm²"
            else fmt.si(value, self.unit, 3)
            if self.unit
            else fmt.significant(value, 3)
        )


COSTS = {
    "error_over_energy": CostAxis(
        "energy_per_image_j",
        "energy_low_per_image_j",
        "energy_high_per_image_j",
        "energy an image",
        "J",
    ),
    "error_over_area": CostAxis("area_mm2", "area_low_mm2", "area_high_mm2", "area", "mm²"),
    "error_over_writes": CostAxis(
        "most_writes_per_device", "", "", "writes a device in the whole training", ""
    ),
    "error_over_time": CostAxis("latency_per_image_s", "", "", "time an image", "s"),
}


@dataclass(slots=True)
class _Plot:
    """The plot while it is drawn: the rows that it shows, its scales, its corners."""

    drawing: Drawing
    cost: CostAxis
    rows: list[dict[str, Any]]
    front: set[int]
    across: Scale
    upward: Scale
    left: float
    top: float
    gap: float

    @property
    def bottom(self) -> float:
        return self.top + self.upward.length

    @property
    def nothing(self) -> float:
        """Where a cost of zero stands."""
        return self.left + 14

    def place(self, value: float) -> float:
        """Pixels of a cost."""
        return self.left + self.gap + self.across.place(value) if value > 0 else self.nothing

    def at(self, row: Mapping[str, Any]) -> tuple[float, float]:
        """Pixels of a scheme."""
        error = self.upward.place(row["test_error_percent"])
        return self.place(row[self.cost.key]), self.bottom - error

    def best(self, row: Mapping[str, Any]) -> bool:
        """Whether a scheme is on the front."""
        return row["number"] in self.front


def draw_tradeoff(view: ComparisonView, name: str, width: float) -> Drawing | None:
    """Test error in % over a cost of COSTS, both axes logarithmic. None where no scheme has both.

    A cost of zero stands left of a gap in the axis, an error of zero on the lower edge. Narrow
    drawings have the schemes' numbers and their names below.
    """
    cost = COSTS[name]
    rows = [
        row
        for row in view.rows
        if row["test_error_percent"] is not None and row[cost.key] is not None
    ]
    if not rows:
        return None
    left = 58.0
    right = 14.0
    top = 28.0
    height = 300.0 if width < 700 else 400.0
    # Schemes that write no device cost nothing: they stand left of a cut in the axis.
    gap = _ZERO if any(row[cost.key] <= 0 for row in rows) else 0.0
    across = scale_of(_costs(rows, cost), width - left - gap - right, cost.unit, True)
    upward = scale_of(_errors(rows), height, "%", True)
    title = f"Test error over {cost.words}, {len(rows)} schemes"
    drawing = Drawing(width, top + height + 46, title)
    add_legend(drawing, [("front", "accent"), ("dominated", "soft")], left, 2, width - left)
    frame(drawing, across, upward, left, top, (cost.words, "test error"), 52.0, gap)
    plot = _Plot(drawing, cost, rows, view.front(cost.key), across, upward, left, top, gap)
    if gap:
        _draw_gap(plot)
    _draw_names(plot, _draw_marks(plot))
    if width < _NARROW:
        drawing.height += name_key(drawing, view, drawing.height, width)
    return drawing


def _costs(rows: Sequence[Mapping[str, Any]], cost: CostAxis) -> list[float]:
    """Costs above zero with what low and high prices make of them, for the scale."""
    keys = [key for key in (cost.key, cost.low, cost.high) if key]
    values = [row[key] for row in rows for key in keys]
    return [value for value in values if value is not None and value > 0] or [1.0]


def _errors(rows: Sequence[Mapping[str, Any]]) -> list[float]:
    """Errors above zero, and half the least where one is zero, for the scale."""
    errors: list[float] = [
        row["test_error_percent"] for row in rows if row["test_error_percent"] > 0
    ]
    if not errors:
        return [1.0]
    # An error of zero lies at the edge, half of the least below it: a logarithm has no zero.
    return [*errors, min(errors) / 2] if len(errors) < len(rows) else errors


def _draw_gap(plot: _Plot) -> None:
    """Zero, left of a cut in the axis."""
    x = plot.nothing
    bottom = plot.bottom
    start = plot.left + plot.gap
    plot.drawing.add(
        Line(x, plot.top, x, bottom, "grid"),
        Text(x, bottom + 15, "0", "middle", 11, "soft"),
        *(Line(start - 12 + shift, bottom + 4, start - 8 + shift, bottom - 4) for shift in (0, 4)),
    )


def _draw_marks(plot: _Plot) -> list[tuple[Box, float]]:
    """The schemes, the stairs of the front, and what prices make of them; the lines that names keep
    away from, with the pixels they go out of their way.
    """
    drawing = plot.drawing
    cost = plot.cost
    stairs = sorted(plot.at(row) for row in plot.rows if plot.best(row))
    lines = [
        (box, 8.0)
        for (x1, y1), (x2, y2) in zip(stairs, stairs[1:])
        # A stair goes right first and then down, as `step_line` draws it.
        for box in ((x1, y1 - 1, x2, y1 + 1), (x2 - 1, y1, x2 + 1, y2))
    ]
    for row in plot.rows:
        _, y = plot.at(row)
        low, high = (row[cost.low], row[cost.high]) if cost.low else (None, None)
        if low is not None and high is not None and row[cost.key] > 0:
            # Names may lie over a band where nothing else is free: that costs them less than
            # lying over the stairs of the front.
            start, end = plot.place(low), plot.place(high)
            lines.append(((start, y - 1, end, y + 1), 2.0))
            drawing.add(Line(start, y, end, y, "line", 1.0))
    step_line(drawing, stairs)
    # Marks after all lines, so that none is hidden.
    for row in plot.rows:
        radius, colour = (5.0, "accent") if plot.best(row) else (4.0, "soft")
        drawing.add(Circle(*plot.at(row), radius, colour, _tip(row, cost)))
    return lines


def _draw_names(plot: _Plot, lines: Sequence[tuple[Box, float]]) -> None:
    """The names of the schemes, their numbers where the plot is narrow."""
    size = 11.0
    width = plot.drawing.width
    marks = [plot.at(row) for row in plot.rows]
    # On a narrow plot the names would cover it: numbers there, and a key below.
    names = [
        str(row["number"]) if width < _NARROW else fit_text(row["name"], 150, size)
        for row in plot.rows
    ]
    bounds = (plot.left + 2, plot.top, width, plot.bottom - 2)
    positions = place_names(marks, names, size, bounds, lines)
    colours = ["accent" if plot.best(row) else "ink" for row in plot.rows]
    draw_names(plot.drawing, marks, names, positions, size, colours)


def name_key(drawing: Drawing, view: ComparisonView, top: float, width: float) -> float:
    """Numbers and names of the schemes in two columns from `top`; returns the height used."""
    half = -(-len(view.rows) // 2)
    for index, row in enumerate(view.rows):
        x = (index // half) * width / 2
        y = top + 14 + 16 * (index % half)
        drawing.add(
            Text(x + 16, y, str(row["number"]), "end", 11, "soft"),
            Text(x + 22, y, fit_text(row["name"], width / 2 - 28, 11), size=11),
        )
    return 16.0 * half + 8


def _tip(row: dict, cost: CostAxis) -> str:
    lines = [
        f"{row['number']}. {row['name']}",
        f"test error {row['test_error_percent']:.2f} %",
        f"{cost.words} {cost.write(row[cost.key])}",
    ]
    if cost.low and row[cost.low] is not None and row[cost.high] is not None:
        lines.append(f"prices: {cost.write(row[cost.low])} to {cost.write(row[cost.high])}")
    return "\n".join(lines)
