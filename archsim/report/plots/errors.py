"""Errors of a training over its epochs, on a logarithmic axis: test error solid, training error
dashed, one colour a run.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from archsim.report.drawing.axes import linear_axis
from archsim.report.drawing.drawing import Circle, Drawing, Line, Text, add_legend
from archsim.report.drawing.format import plain, significant

_COLOURS = (
    "kind-measured",
    "role-array",
    "phase-update",
    "kind-assumed",
    "phase-backward",
    "role-controller",
)
_MOST_DOTS = 60


def draw_errors(
    runs: Mapping[str, Sequence[Mapping]], width: float = 500.0, title: str = "Error over epochs"
) -> Drawing | None:
    """Rows of a history (epoch, train_error_percent, test_error_percent; None where not measured)
    by the name of the run.

    Returns None where no run has a finished epoch. An error of zero is drawn on the lower edge.
    """
    runs = {name: list(rows) for name, rows in runs.items() if rows}
    values = [
        row[key]
        for rows in runs.values()
        for row in rows
        for key in ("train_error_percent", "test_error_percent")
        if row.get(key)
    ]
    if not runs:
        return None
    low, high = _ends(values or [100.0])
    left = 52.0
    right = 14.0
    top = 6.0
    height = 240.0
    last = max(row["epoch"] for rows in runs.values() for row in rows)
    colours = {name: _COLOURS[index % len(_COLOURS)] for index, name in enumerate(runs)}
    drawing = Drawing(width, 0, title)
    if len(runs) > 1:
        top += add_legend(drawing, list(colours.items()), left, 2, width - left)
    bottom = top + height
    drawing.height = bottom + 62
    across = linear_axis(last, width - left - right, "", 60, prefixed=False)
    for tick in across.ticks:
        if tick == int(tick):
            x = left + across.place(tick)
            drawing.add(
                Line(x, top, x, bottom, "grid"),
                Text(x, bottom + 15, plain(tick), "middle", 11, "soft"),
            )

    def place(value: float) -> float:
        return bottom - height * math.log(max(value, low) / low) / math.log(high / low)

    for tick in _ticks(low, high):
        drawing.add(
            Line(left, place(tick), width - right, place(tick), "grid"),
            Text(left - 6, place(tick) + 4, plain(tick), "end", 11, "soft"),
        )
    drawing.add(
        Text(left + (width - left - right) / 2, bottom + 32, "epoch", "middle", fill="soft"),
        Text(13, top + height / 2, "error, %", "middle", fill="soft", turned=True),
    )
    for name, rows in runs.items():
        for key, dashed in (("train_error_percent", True), ("test_error_percent", False)):
            points = [
                (left + across.place(row["epoch"]), place(row[key]), row)
                for row in rows
                if row.get(key) is not None
            ]
            for (x1, y1, _), (x2, y2, _) in zip(points, points[1:]):
                drawing.add(Line(x1, y1, x2, y2, colours[name], 1.2 if dashed else 2.0, dashed))
            if not dashed or len(points) == 1:
                for x, y, row in points if len(points) <= _MOST_DOTS else points[-1:]:
                    drawing.add(
                        Circle(
                            x,
                            y,
                            3.0,
                            colours[name],
                            f"{name}, epoch {row['epoch']}: {significant(row[key], 3)} %",
                        )
                    )
    drawing.add(
        Line(left, bottom + 51, left + 26, bottom + 51, "soft", 2.0),
        Text(left + 32, bottom + 55, "test", size=11, fill="soft"),
        Line(left + 70, bottom + 51, left + 96, bottom + 51, "soft", 1.2, True),
        Text(left + 102, bottom + 55, "training", size=11, fill="soft"),
    )
    return drawing


def _ends(values: Sequence[float]) -> tuple[float, float]:
    """The nearest 1, 2 or 5 times a power of ten below and above, at least a factor of two apart."""
    steps = [m * 10.0**power for power in range(-6, 4) for m in (1, 2, 5)]
    low = max((step for step in steps if step <= min(values)), default=steps[0])
    return low, min(step for step in steps if step >= max(max(values), 2 * low))


def _ticks(low: float, high: float) -> list[float]:
    steps = [m * 10.0**power for power in range(-6, 4) for m in (1, 2, 5)]
    inside = [step for step in steps if low * 0.999 <= step <= high * 1.001]
    return (
        inside
        if len(inside) <= 12
        else [step for step in inside if round(math.log10(step), 6).is_integer()]
    )
