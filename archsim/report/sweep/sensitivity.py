"""What drives an objective: the shares of its variance that axes explain, alone and in pairs."""

from __future__ import annotations

from archsim.report.drawing import format as fmt
from archsim.report.drawing.drawing import Drawing, Line, Rect, Text, fit_text
from archsim.report.drawing.frame import Strip
from archsim.report.drawing.scale import Scale
from archsim.report.sweep.view import SweepView


def even_columns(count: int, most: int) -> int:
    """Columns for so many panels, at most `most`, so that the rows are about equally full."""
    return -(-count // -(-count // max(1, most)))


def draw_sensitivity(view: SweepView, width: float) -> Drawing | None:
    """Bars of first-order indices and of the largest interactions, one panel an objective, with
    their intervals.
    """
    entries = [entry for entry in view.document["analysis"] if entry["first"]]
    if not entries:
        return None
    columns = even_columns(len(entries), 3 if width > 800 else 2 if width > 480 else 1)
    gap = 26.0
    line = 20.0
    panel = (width - gap * (columns - 1)) / columns
    rows = max(len(_bars(view, entry)) for entry in entries)
    tall = 26 + line * rows + 26
    drawing = Drawing(
        width,
        tall * -(-len(entries) // columns),
        "Share of the variance of each objective that an axis explains",
    )
    for number, entry in enumerate(entries):
        _panel(
            drawing,
            view,
            entry,
            Strip((number % columns) * (panel + gap), (number // columns) * tall, panel),
            line,
        )
    return drawing


def _bars(view: SweepView, entry: dict) -> list[tuple[str, dict, bool]]:
    first = sorted(entry["first"], key=lambda item: -item["share"])
    pairs = [item for item in entry["pairs"] if item["share"] > 0.005][:2]
    return [(view.short(item["axis"]), item, False) for item in first] + [
        (" × ".join(view.short(path) for path in item["axes"]), item, True) for item in pairs
    ]


def _panel(drawing: Drawing, view: SweepView, entry: dict, strip: Strip, line: float) -> None:
    left, top, width = strip
    label = min(150.0, width * 0.42)
    scale = Scale(0.0, 1.0, width - label - 44, False, 100.0, "%")
    bars = _bars(view, entry)
    title = (
        f"{view.name(entry['objective'])} ({'log, ' if entry['logarithmic'] else ''}rung "
        f"{entry['rung'].split('(')[0]})"
    )
    drawing.add(Text(left, top + 14, fit_text(title, width, 12, bold=True), bold=True))
    start = left + label
    bottom = top + 24 + line * len(bars)
    for x, text in scale.ticks(60):
        drawing.add(
            Line(start + x, top + 22, start + x, bottom, "grid"),
            Text(start + x, bottom + 14, text, "middle", 10, "soft"),
        )
    for order, (name, item, pair) in enumerate(bars):
        y = top + 24 + line * order
        tip = (
            f"{name}: {fmt.percent(item['share'])}, interval {fmt.percent(item['low'])} to "
            f"{fmt.percent(item['high'])}"
        )
        drawing.add(
            Text(
                start - 6,
                y + 13,
                fit_text(name, label - 8, 11),
                "end",
                11,
                "soft" if pair else "ink",
            ),
            Rect(
                start,
                y + 4,
                max(0.5, scale.place(item["share"])),
                line - 8,
                "kind-assumed" if pair else "accent",
                tip,
            ),
            Line(
                start + scale.place(item["low"]),
                y + line / 2,
                start + scale.place(item["high"]),
                y + line / 2,
                "ink",
                1.4,
            ),
            Text(
                start + scale.place(max(item["share"], item["high"])) + 5,
                y + 13,
                fmt.percent(item["share"]),
                size=10,
                fill="soft",
            ),
        )
    drawing.add(Text(start + scale.length, bottom + 25, "share of variance, %", "end", 10, "soft"))
