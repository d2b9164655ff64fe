"""Test error over what it costs: a point a scheme, with what low and high prices make of it, and
the front of the best.
"""

from __future__ import annotations

from dataclasses import dataclass

from archsim.report.comparison.view import ComparisonView
from archsim.report.drawing import format as fmt
from archsim.report.drawing.drawing import Circle, Drawing, Line, Text, add_legend, fit_text
from archsim.report.drawing.frame import frame, step_line
from archsim.report.drawing.labels import draw_names, place_names
from archsim.report.drawing.scale import scale_of

_NARROW = 420.0
_ZERO = 40.0  # pixels kept for schemes whose cost is zero


@dataclass(frozen=True, slots=True)
class Cost:
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
    "error_over_energy": Cost(
        "energy_per_image_j",
        "energy_low_per_image_j",
        "energy_high_per_image_j",
        "energy an image",
        "J",
    ),
    "error_over_area": Cost("area_mm2", "area_low_mm2", "area_high_mm2", "area", "mm²"),
    "error_over_writes": Cost(
        "most_writes_per_device", "", "", "writes a device in the whole training", ""
    ),
    "error_over_time": Cost("latency_per_image_s", "", "", "time an image", "s"),
}


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
    narrow = width < _NARROW
    left = 58.0
    right = 14.0
    top = 28.0
    height = 300.0 if width < 700 else 400.0
    spread = [
        row[key]
        for row in rows
        for key in (cost.key, cost.low, cost.high)
        if key and row[key] is not None and row[key] > 0
    ]
    errors = [row["test_error_percent"] for row in rows if row["test_error_percent"] > 0]
    gap = _ZERO if any(row[cost.key] <= 0 for row in rows) else 0.0
    across = scale_of(spread or [1.0], width - left - gap - right, cost.unit, True)
    upward = scale_of(
        errors + [min(errors) / 2] if errors and len(errors) < len(rows) else errors or [1.0],
        height,
        "%",
        True,
    )
    drawing = Drawing(
        width, top + height + 46, f"Test error over {cost.words}, {len(rows)} schemes"
    )
    add_legend(drawing, [("front", "accent"), ("dominated", "soft")], left, 2, width - left)
    bottom, start = top + height, left + gap
    frame(drawing, across, upward, left, top, (cost.words, "test error"), 52.0, gap)
    nothing = left + 14
    if gap:
        drawing.add(
            Line(nothing, top, nothing, bottom, "grid"),
            Text(nothing, bottom + 15, "0", "middle", 11, "soft"),
            *(
                Line(start - 12 + shift, bottom + 4, start - 8 + shift, bottom - 4)
                for shift in (0, 4)
            ),
        )

    def place(value: float) -> float:
        return start + across.place(value) if value > 0 else nothing

    front = view.front(cost.key)
    marks = [
        (place(row[cost.key]), bottom - upward.place(row["test_error_percent"])) for row in rows
    ]
    stairs = sorted(mark for row, mark in zip(rows, marks) if row["number"] in front)
    lines = [
        (box, 8.0)
        for (x1, y1), (x2, y2) in zip(stairs, stairs[1:])
        for box in ((x1, y1 - 1, x2, y1 + 1), (x2 - 1, y1, x2 + 1, y2))
    ]
    for row, (_, y) in zip(rows, marks):
        low, high = (row[cost.low], row[cost.high]) if cost.low else (None, None)
        if low is not None and high is not None and row[cost.key] > 0:
            lines.append(((place(low), y - 1, place(high), y + 1), 2.0))
            drawing.add(Line(place(low), y, place(high), y, "line", 1.0))
    step_line(drawing, stairs)
    for row, (x, y) in zip(rows, marks):
        drawing.add(
            Circle(
                x,
                y,
                5.0 if row["number"] in front else 4.0,
                "accent" if row["number"] in front else "soft",
                _tip(row, cost),
            )
        )
    size = 11.0
    names = [str(row["number"]) if narrow else fit_text(row["name"], 150, size) for row in rows]
    spots = place_names(marks, names, size, (left + 2, top, width, bottom - 2), lines)
    draw_names(
        drawing,
        marks,
        names,
        spots,
        size,
        ["accent" if row["number"] in front else "ink" for row in rows],
    )
    if narrow:
        drawing.height += name_key(drawing, view, drawing.height, width)
    return drawing


def name_key(drawing: Drawing, view: ComparisonView, top: float, width: float) -> float:
    """Numbers and names of the schemes in two columns from `top`; returns the height used."""
    half = -(-len(view.rows) // 2)
    for index, row in enumerate(view.rows):
        x, y = (index // half) * width / 2, top + 14 + 16 * (index % half)
        drawing.add(
            Text(x + 16, y, str(row["number"]), "end", 11, "soft"),
            Text(x + 22, y, fit_text(row["name"], width / 2 - 28, 11), size=11),
        )
    return 16.0 * half + 8


def _tip(row: dict, cost: Cost) -> str:
    lines = [
        f"{row['number']}. {row['name']}",
        f"test error {row['test_error_percent']:.2f} %",
        f"{cost.words} {cost.write(row[cost.key])}",
    ]
    if cost.low and row[cost.low] is not None and row[cost.high] is not None:
        lines.append(
            f"prices low to high: {cost.write(row[cost.low])} to {cost.write(row[cost.high])}"
        )
    return "\n".join(lines)
