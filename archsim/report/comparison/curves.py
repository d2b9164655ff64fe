"""Learning curves of every scheme, one small panel each on common axes; after a single epoch a line
a scheme.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from archsim.report.comparison.view import ComparisonView
from archsim.report.drawing.drawing import Circle, Drawing, Line, Text, fit_text, text_width
from archsim.report.drawing.format import plain
from archsim.report.drawing.scale import Scale, scale_of

_SERIES = ("train_error_percent", "test_error_percent")


@dataclass(frozen=True, slots=True)
class _Run:
    """A scheme's row of the comparison and its epochs."""

    row: dict[str, Any]
    epochs: list[dict[str, Any]]

    @property
    def name(self) -> str:
        return f"{self.row['number']}. {self.row['name']}"


@dataclass(frozen=True, slots=True)
class _Style:
    """How a curve is drawn."""

    colour: str
    width: float
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class _Panel:
    """A small plot: its lower left corner, its width, and the scales that all share."""

    x: float
    bottom: float
    width: float
    last: int
    upward: Scale

    def across(self, epoch: int) -> float:
        """Pixels of an epoch."""
        return self.x + self.width * (epoch - 1) / (self.last - 1)

    def at(self, epoch: Mapping[str, Any], key: str) -> tuple[float, float]:
        """Pixels of an error."""
        return self.across(epoch["epoch"]), self.bottom - self.upward.place(epoch[key])


def draw_curves(view: ComparisonView, width: float) -> Drawing | None:
    """Test and training error in % over epochs, logarithmic. None where no scheme has finished an
    epoch.
    """
    runs = [
        _Run(row, own.rows("epochs"))
        for row, own in zip(view.rows, view.views)
        if own.rows("epochs")
    ]
    if not runs:
        return None
    errors = [
        epoch[key] for run in runs for epoch in run.epochs for key in _SERIES if epoch[key] > 0
    ] or [1.0]
    if max(len(run.epochs) for run in runs) == 1:
        return _ends(runs, errors, width)
    # Five to a desk's page, two to a phone: a panel narrower than that shows no curve.
    columns = min(len(runs), 5 if width > 800 else 3 if width > 420 else 2)
    gap = 14.0
    left = 48.0
    right = 6.0
    height = 104.0
    step = 142.0
    wide = (width - left - right - gap * (columns - 1)) / columns
    last = max(epoch["epoch"] for run in runs for epoch in run.epochs)
    # Rounded up without a float.
    rows = -(-len(runs) // columns)
    # One scale for all panels: curves are compared by eye from panel to panel.
    upward = scale_of(errors, height, "%", True)
    title = f"Errors of {len(runs)} schemes over {last} epochs"
    drawing = Drawing(width, 30 + step * rows + 18, title)
    _key(drawing, left)
    for index, run in enumerate(runs):
        x = left + (wide + gap) * (index % columns)
        top = 30 + step * (index // columns) + 14
        panel = _Panel(x, top + height, wide, last, upward)
        _draw_panel(drawing, panel, run, best=runs[0], labelled=index % columns == 0)
    drawing.add(
        Text(left + (width - left) / 2, drawing.height - 4, "epoch", "middle", 11, "soft"),
        Text(11, 30 + step * rows / 2, "error, %", "middle", 11, "soft", turned=True),
    )
    return drawing


def _draw_panel(drawing: Drawing, panel: _Panel, run: _Run, best: _Run, labelled: bool) -> None:
    """The curves of one scheme, with the test error of the best one behind them."""
    x = panel.x
    bottom = panel.bottom
    width = panel.width
    name = fit_text(run.name, width, 11, bold=True)
    drawing.add(Text(x, bottom - panel.upward.length - 6, name, size=11, bold=True))
    for y, text in panel.upward.ticks(26):
        drawing.add(Line(x, bottom - y, x + width, bottom - y, "grid"))
        if labelled:
            drawing.add(Text(x - 6, bottom - y + 4, text, "end", 11, "soft"))
    drawing.add(Line(x, bottom, x + width, bottom))
    # The first and the last epoch alone, held inside the panel: its neighbour begins at once.
    for tick, anchor in ((1, "start"), (panel.last, "end")):
        drawing.add(Text(panel.across(tick), bottom + 14, str(tick), anchor, 11, "soft"))
    if run is not best:
        # The best scheme behind every other one: a panel alone says nothing of the rest.
        _curve(drawing, panel, best, "test_error_percent", _Style("soft", 0.9))
    _curve(drawing, panel, run, "train_error_percent", _Style("accent", 1.0, dashed=True))
    _curve(drawing, panel, run, "test_error_percent", _Style("accent", 1.8))
    end = run.epochs[-1]
    tip = (
        f"{run.name}\nepoch {end['epoch']}: test {end['test_error_percent']:.2f} %, "
        f"training {end['train_error_percent']:.2f} %"
    )
    drawing.add(Circle(*panel.at(end, "test_error_percent"), 3.0, "accent", tip))


def _curve(drawing: Drawing, panel: _Panel, run: _Run, key: str, style: _Style) -> None:
    points = [panel.at(epoch, key) for epoch in run.epochs]
    for (x1, y1), (x2, y2) in zip(points, points[1:]):
        drawing.add(Line(x1, y1, x2, y2, style.colour, style.width, style.dashed))


def _key(drawing: Drawing, left: float) -> None:
    drawing.add(
        Line(left, 9, left + 24, 9, "accent", 1.8),
        Text(left + 30, 13, "test", size=11, fill="soft"),
        Line(left + 66, 9, left + 90, 9, "accent", 1.0, True),
        Text(left + 96, 13, "training", size=11, fill="soft"),
        Line(left + 156, 9, left + 180, 9, "soft", 0.9),
        Text(left + 186, 13, "test, best scheme", size=11, fill="soft"),
    )


def _ends(runs: Sequence[_Run], errors: list[float], width: float) -> Drawing:
    """Test and training error after one epoch: a row a scheme."""
    step = 20.0
    top = 26.0
    left = min(0.4 * width, max(text_width(run.row["name"], 11) for run in runs) + 10)
    scale = scale_of(errors, width - left - 58, "%", True)
    bottom = top + step * len(runs)
    drawing = Drawing(width, bottom + 40, f"Errors of {len(runs)} schemes after one epoch")
    drawing.add(
        Circle(left + 6, 10, 4.0, "accent"),
        Text(left + 15, 14, "test", size=11, fill="soft"),
        Circle(left + 60, 10, 3.0, "soft"),
        Text(left + 68, 14, "training, while it learns", size=11, fill="soft"),
    )
    for x, text in scale.ticks(46):
        drawing.add(
            Line(left + x, top, left + x, bottom, "grid"),
            Text(left + x, bottom + 15, text, "middle", 11, "soft"),
        )
    drawing.add(Text(left + scale.length / 2, bottom + 33, "error, %", "middle", 11, "soft"))
    for index, run in enumerate(runs):
        y = top + step * (index + 0.5)
        end = run.epochs[-1]
        test, train = (
            left + scale.place(end[key]) for key in ("test_error_percent", "train_error_percent")
        )
        tip = (
            f"{run.name}\ntest {end['test_error_percent']:.2f} %, training "
            f"{end['train_error_percent']:.2f} %"
        )
        drawing.add(
            Text(left - 8, y + 4, fit_text(run.row["name"], left - 10, 11), "end", 11),
            Line(test, y, train, y, "line", 1.4),
            Circle(train, y, 3.0, "soft", tip),
            Circle(test, y, 4.0, "accent", tip),
            Text(
                width, y + 4, f"{plain(round(end['test_error_percent'], 2))} %", "end", 11, "soft"
            ),
        )
    return drawing
