"""Timeline of the lanes (Gantt): exact bars while they are few, else the busy share of each small slice of time."""

from __future__ import annotations

import math

from archsim.report import format as fmt
from archsim.report.figures.axes import linear_axis
from archsim.report.figures.drawing import Drawing, Line, Rect, Text, add_legend, fit_text, text_width
from archsim.report.palette import token
from archsim.report.view import View

EXACT_SPANS = 80  # spans of one lane drawn one by one
_SLICE = 2.0  # pixels of one slice where they are not
_TALLEST = 780.0


def draw_timeline(view: View, width: float) -> Drawing | None:
    """Lanes over time in cycles, coloured by phase. None where the run has no timeline."""
    spans = [row for row in view.rows("timeline") if row.get("end", 0) > row.get("start", 0)]
    if not spans:
        return None
    lanes: dict[str, list[dict]] = {}
    for row in spans:
        lanes.setdefault(str(row.get("lane", "")), []).append(row)
    phases = [name for name in dict.fromkeys(str(row.get("phase", "")) for row in spans)]
    step = max(4.0, min(26.0, _TALLEST / len(lanes)))
    every = max(1, math.ceil(13 / step))
    left = min((0.26 if width < 500 else 0.2) * width, max(text_width(name, 11) for name in lanes) + 10)
    drawing = Drawing(width, 0, f"Timeline of {view.title}, cycles")
    top = add_legend(drawing, [(phase, token("phase", phase)) for phase in phases], left, 2, width - left) + 8
    last = max(row["end"] for row in spans)
    axis = linear_axis(last, width - left - 14, "cycles", 80, last >= 1e5)
    bottom = top + step * len(lanes)
    for tick in axis.ticks:
        x = left + axis.place(tick)
        drawing.add(Line(x, top, x, bottom, "grid"), Text(x, bottom + 15, axis.label(tick), "middle", 11, "soft"))
    unit = "cycles" if axis.unit == "cycles" else f"{axis.unit[0]} cycles"
    clock = view.number("clock_mhz")
    seconds = f" · {fmt.si(last / clock / 1e6, 's', 3)} at {fmt.plain(clock)} MHz" if clock else ""
    drawing.add(Text(left, bottom + 33, f"{unit}{seconds}", size=11, fill="soft"))
    for index, (name, rows) in enumerate(lanes.items()):
        y = top + index * step
        if index % every == 0:
            drawing.add(Text(left - 8, y + min(step, 26) / 2 + 4, fit_text(name, left - 10, 11), "end", 11))
        gap = 3 if step >= 14 else 1 if step >= 7 else 0.5
        for x, length, phase, share, tip in _pieces(name, rows, axis.place, last):
            drawing.add(Rect(left + x, y + gap, max(length, 0.6), step - 2 * gap, token("phase", phase), tip, share))
    drawing.height = bottom + 40
    return drawing


def _pieces(lane: str, rows: list[dict], place, last: float) -> list[tuple[float, float, str, float, str]]:
    """(x, length, phase, busy share, tip) of a lane's bars."""
    if len(rows) <= EXACT_SPANS:
        pieces = []
        for row in rows:
            image = f", image {row['image']}" if row.get("image") is not None else ""
            cycles = f"cycles {fmt.whole(row['start'])} to {fmt.whole(row['end'])}"
            tip = f"{lane}: {row.get('layer', '')} {row.get('phase', '')}{image}\n{cycles}"
            pieces.append((place(row["start"]), place(row["end"] - row["start"]), str(row.get("phase", "")), 1.0, tip))
        return pieces
    pieces = []
    for phase in dict.fromkeys(str(row.get("phase", "")) for row in rows):
        own = [row for row in rows if str(row.get("phase", "")) == phase]
        slices = max(1, int(place(last) / _SLICE))
        for first, stop, level in _runs(_coverage(own, slices, last)):
            start, end = last * first / slices, last * stop / slices
            tip = f"{lane}: {phase}, about {fmt.percent(level)} busy\ncycles {fmt.whole(round(start))} to {fmt.whole(round(end))}"
            pieces.append((place(start), place(end - start), phase, 0.25 + 0.75 * level, tip))
    return pieces


def _coverage(rows: list[dict], slices: int, last: float) -> list[float]:
    """Busy share of each slice of time, 0 to 1."""
    busy = [0.0] * slices
    scale = slices / last
    for row in rows:
        start, end = row["start"] * scale, min(row["end"] * scale, slices)
        for index in range(int(start), min(slices, math.ceil(end))):
            busy[index] += min(end, index + 1) - max(start, index)
    return [min(1.0, value) for value in busy]


def _runs(coverage: list[float]) -> list[tuple[int, int, float]]:
    """Runs of slices with the same share in five levels: (first, stop, share); idle slices are left out."""
    levels = [math.ceil(value * 5 - 1e-6) for value in coverage]
    runs, first = [], 0
    for index in range(1, len(levels) + 1):
        if index == len(levels) or levels[index] != levels[first]:
            if levels[first] > 0:
                runs.append((first, index, sum(coverage[first:index]) / (index - first)))
            first = index
    return runs
