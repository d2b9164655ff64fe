"""Errors of a training over its epochs, on a logarithmic axis: test error solid, training error
dashed, one colour a run.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from archsim.report.drawing.axes import PlotAxis, linear_axis
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
_HEIGHT = 240.0
_KEYS = ("train_error_percent", "test_error_percent")


@dataclass(frozen=True, slots=True)
class _Plot:
    """The plot while it is drawn: its scales and corners."""

    drawing: Drawing
    across: PlotAxis
    low: float
    high: float
    left: float
    right: float
    top: float

    @property
    def bottom(self) -> float:
        return self.top + _HEIGHT

    def x(self, epoch: float) -> float:
        """Pixels of an epoch."""
        return self.left + self.across.place(epoch)

    def y(self, error: float) -> float:
        """Pixels of an error; one of zero lies on the lower edge."""
        share = math.log(max(error, self.low) / self.low) / math.log(self.high / self.low)
        return self.bottom - _HEIGHT * share


def draw_errors(
    runs: Mapping[str, Sequence[Mapping[str, Any]]],
    width: float = 500.0,
    title: str = "Error over epochs",
) -> Drawing | None:
    """Rows of a history (epoch, train_error_percent, test_error_percent; None where not measured)
    by the name of the run.

    Returns None where no run has a finished epoch. An error of zero is drawn on the lower edge.
    """
    histories = {name: list(rows) for name, rows in runs.items() if rows}
    if not histories:
        return None
    epochs = [row for rows in histories.values() for row in rows]
    low, high = _ends([row[key] for row in epochs for key in _KEYS if row.get(key)] or [100.0])
    left = 52.0
    right = 14.0
    top = 6.0
    colours = {name: _COLOURS[index % len(_COLOURS)] for index, name in enumerate(histories)}
    drawing = Drawing(width, 0, title)
    if len(histories) > 1:
        top += add_legend(drawing, list(colours.items()), left, 2, width - left)
    last = max(row["epoch"] for row in epochs)
    across = linear_axis(last, width - left - right, "", 60, prefixed=False)
    plot = _Plot(drawing, across, low, high, left, width - right, top)
    drawing.height = plot.bottom + 62
    _draw_frame(plot)
    for name, rows in histories.items():
        _draw_run(plot, name, rows, colours[name])
    _draw_key(plot)
    return drawing


def _draw_frame(plot: _Plot) -> None:
    """Grid, ticks and titles."""
    drawing = plot.drawing
    left = plot.left
    bottom = plot.bottom
    for tick in plot.across.ticks:
        if tick == int(tick):
            x = plot.x(tick)
            drawing.add(
                Line(x, plot.top, x, bottom, "grid"),
                Text(x, bottom + 15, plain(tick), "middle", 11, "soft"),
            )
    for tick in _ticks(plot.low, plot.high):
        y = plot.y(tick)
        drawing.add(
            Line(left, y, plot.right, y, "grid"),
            Text(left - 6, y + 4, plain(tick), "end", 11, "soft"),
        )
    middle = left + plot.across.length / 2
    height = plot.top + _HEIGHT / 2
    drawing.add(
        Text(middle, bottom + 32, "epoch", "middle", fill="soft"),
        Text(13, height, "error, %", "middle", fill="soft", turned=True),
    )


def _draw_run(plot: _Plot, name: str, rows: Sequence[Mapping[str, Any]], colour: str) -> None:
    for key in _KEYS:
        dashed = key == "train_error_percent"
        known = [row for row in rows if row.get(key) is not None]
        points = [(plot.x(row["epoch"]), plot.y(row[key])) for row in known]
        for (x1, y1), (x2, y2) in zip(points, points[1:]):
            plot.drawing.add(Line(x1, y1, x2, y2, colour, 1.2 if dashed else 2.0, dashed))
        # Dots mark the test error; a training error of one epoch alone has no line that shows it.
        if dashed and len(points) != 1:
            continue
        marked = list(zip(points, known))
        for point, row in marked if len(points) <= _MOST_DOTS else marked[-1:]:
            tip = f"{name}, epoch {row['epoch']}: {significant(row[key], 3)} %"
            plot.drawing.add(Circle(*point, 3.0, colour, tip))


def _draw_key(plot: _Plot) -> None:
    """Which line is the test and which the training."""
    left, bottom = plot.left, plot.bottom
    plot.drawing.add(
        Line(left, bottom + 51, left + 26, bottom + 51, "soft", 2.0),
        Text(left + 32, bottom + 55, "test", size=11, fill="soft"),
        Line(left + 70, bottom + 51, left + 96, bottom + 51, "soft", 1.2, True),
        Text(left + 102, bottom + 55, "training", size=11, fill="soft"),
    )


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
