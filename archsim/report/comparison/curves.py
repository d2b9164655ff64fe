"""Learning curves of every scheme, one small panel each on common axes; after a single epoch a line
a scheme.
"""

from __future__ import annotations

from archsim.report.comparison.view import ComparisonView
from archsim.report.drawing.drawing import Circle, Drawing, Line, Text, fit_text, text_width
from archsim.report.drawing.format import plain
from archsim.report.drawing.scale import Scale, scale_of

_SERIES = (("train_error_percent", True), ("test_error_percent", False))


def draw_curves(view: ComparisonView, width: float) -> Drawing | None:
    """Test and training error in % over epochs, logarithmic. None where no scheme has finished an
    epoch.
    """
    found = [
        (row, own.rows("epochs")) for row, own in zip(view.rows, view.views) if own.rows("epochs")
    ]
    if not found:
        return None
    errors = [
        epoch[key]
        for _, epochs in found
        for epoch in epochs
        for key, _ in _SERIES
        if epoch[key] > 0
    ] or [1.0]
    if max(len(epochs) for _, epochs in found) == 1:
        return _ends(found, errors, width)
    columns = min(len(found), 5 if width > 800 else 3 if width > 420 else 2)
    gap = 14.0
    left = 48.0
    right = 6.0
    panel_height = 104.0
    step = 142.0
    panel = (width - left - right - gap * (columns - 1)) / columns
    last = max(epoch["epoch"] for _, epochs in found for epoch in epochs)
    rows = -(-len(found) // columns)
    upward = scale_of(errors, panel_height, "%", True)
    drawing = Drawing(
        width, 30 + step * rows + 18, f"Errors of {len(found)} schemes over {last} epochs"
    )
    _key(drawing, left)
    best = found[0][1]
    for index, (row, epochs) in enumerate(found):
        x, top = left + (panel + gap) * (index % columns), 30 + step * (index // columns) + 14
        bottom = top + panel_height
        drawing.add(
            Text(
                x,
                top - 6,
                fit_text(f"{row['number']}. {row['name']}", panel, 11, bold=True),
                size=11,
                bold=True,
            )
        )
        for y, text in upward.ticks(26):
            drawing.add(Line(x, bottom - y, x + panel, bottom - y, "grid"))
            if index % columns == 0:
                drawing.add(Text(x - 6, bottom - y + 4, text, "end", 11, "soft"))
        drawing.add(Line(x, bottom, x + panel, bottom))
        for tick in (1, last):
            drawing.add(
                Text(
                    x + _across(tick, last, panel),
                    bottom + 14,
                    str(tick),
                    "middle" if 1 < tick < last else "start" if tick == 1 else "end",
                    11,
                    "soft",
                )
            )
        if epochs is not best:
            _curve(
                drawing,
                best,
                "test_error_percent",
                (x, bottom, panel),
                last,
                upward,
                ("soft", 0.9, False),
            )
        for key, dashed in _SERIES:
            _curve(
                drawing,
                epochs,
                key,
                (x, bottom, panel),
                last,
                upward,
                ("accent", 1.0 if dashed else 1.8, dashed),
            )
        end = epochs[-1]
        drawing.add(
            Circle(
                x + _across(end["epoch"], last, panel),
                bottom - upward.place(end["test_error_percent"]),
                3.0,
                "accent",
                f"{row['number']}. {row['name']}\nepoch {end['epoch']}: test {end['test_error_percent']:.2f} %, "
                f"training {end['train_error_percent']:.2f} %",
            )
        )
    drawing.add(
        Text(left + (width - left) / 2, drawing.height - 4, "epoch", "middle", 11, "soft"),
        Text(11, 30 + step * rows / 2, "error, %", "middle", 11, "soft", turned=True),
    )
    return drawing


def _across(epoch: int, last: int, panel: float) -> float:
    return panel * (epoch - 1) / (last - 1)


def _curve(
    drawing: Drawing,
    epochs: list[dict],
    key: str,
    place: tuple[float, float, float],
    last: int,
    upward: Scale,
    style: tuple[str, float, bool],
) -> None:
    x, bottom, panel = place
    points = [
        (x + _across(epoch["epoch"], last, panel), bottom - upward.place(epoch[key]))
        for epoch in epochs
    ]
    for (x1, y1), (x2, y2) in zip(points, points[1:]):
        drawing.add(Line(x1, y1, x2, y2, *style))


def _key(drawing: Drawing, left: float) -> None:
    drawing.add(
        Line(left, 9, left + 24, 9, "accent", 1.8),
        Text(left + 30, 13, "test", size=11, fill="soft"),
        Line(left + 66, 9, left + 90, 9, "accent", 1.0, True),
        Text(left + 96, 13, "training", size=11, fill="soft"),
        Line(left + 156, 9, left + 180, 9, "soft", 0.9),
        Text(left + 186, 13, "test, best scheme", size=11, fill="soft"),
    )


def _ends(found: list[tuple[dict, list[dict]]], errors: list[float], width: float) -> Drawing:
    """Test and training error after one epoch: a row a scheme."""
    step, top = 20.0, 26.0
    left = min(0.4 * width, max(text_width(row["name"], 11) for row, _ in found) + 10)
    scale = scale_of(errors, width - left - 58, "%", True)
    bottom = top + step * len(found)
    drawing = Drawing(width, bottom + 40, f"Errors of {len(found)} schemes after one epoch")
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
    for index, (row, epochs) in enumerate(found):
        y, end = top + step * (index + 0.5), epochs[-1]
        test, train = (
            left + scale.place(end[key]) for key in ("test_error_percent", "train_error_percent")
        )
        tip = f"{row['number']}. {row['name']}\ntest {end['test_error_percent']:.2f} %, training {end['train_error_percent']:.2f} %"
        drawing.add(
            Text(left - 8, y + 4, fit_text(row["name"], left - 10, 11), "end", 11),
            Line(test, y, train, y, "line", 1.4),
            Circle(train, y, 3.0, "soft", tip),
            Circle(test, y, 4.0, "accent", tip),
            Text(
                width, y + 4, f"{plain(round(end['test_error_percent'], 2))} %", "end", 11, "soft"
            ),
        )
    return drawing
