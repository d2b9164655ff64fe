"""Timeline of the lanes (Gantt): exact bars while they are few, else the busy share of each small
slice of time as height.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from archsim.report.drawing import format as fmt
from archsim.report.drawing.axes import PlotAxis, linear_axis
from archsim.report.drawing.drawing import (
    Boxes,
    Drawing,
    Line,
    Rect,
    Text,
    add_legend,
    fit_text,
    text_width,
)
from archsim.report.drawing.palette import token
from archsim.report.run.view import View

EXACT_SPANS = 80  # up to so many spans a lane they are drawn one by one
_SLICE = 2.0  # pixels of one slice of time where they are not
_MOST_SLICES = 30_000  # of all lanes together, so that the page stays small
_TALLEST = 780.0


class Box(NamedTuple):
    """Where a lane is drawn, in pixels."""

    x: float
    y: float
    width: float
    height: float


def draw_timeline(view: View, width: float) -> Drawing | None:
    """Lanes over time in cycles, coloured by phase. None where the run has no timeline."""
    spans = [row for row in view.rows("timeline") if row.get("end", 0) > row.get("start", 0)]
    if not spans:
        return None
    lanes: dict[str, list[dict]] = {}
    for row in spans:
        lanes.setdefault(str(row.get("lane", "")), []).append(row)
    phases = [name for name in dict.fromkeys(str(row.get("phase", "")) for row in spans)]
    # One way for all lanes, or the same height would mean two things on one plot.
    exact = max(map(len, lanes.values())) <= EXACT_SPANS
    step = max(4.0, min(26.0, _TALLEST / len(lanes)))
    every = max(1, math.ceil(13 / step))
    left = min(
        (0.26 if width < 500 else 0.2) * width, max(text_width(name, 11) for name in lanes) + 10
    )
    drawing = Drawing(width, 0, f"Timeline of {view.title}, cycles")
    top = (
        add_legend(
            drawing, [(phase, token("phase", phase)) for phase in phases], left, 2, width - left
        )
        + 8
    )
    # To the last span, not to the last cycle: what drains afterwards has no lane.
    last = max(row["end"] for row in spans)
    axis = linear_axis(last, width - left - 14, "cycles", 80, last >= 1e5)
    bottom = top + step * len(lanes)
    for tick in axis.ticks:
        x = left + axis.place(tick)
        drawing.add(
            Line(x, top, x, bottom, "grid"),
            Text(x, bottom + 15, axis.label(tick), "middle", 11, "soft"),
        )
    unit = "cycles" if axis.unit == "cycles" else f"{axis.unit[0]} cycles"
    clock = view.number("clock_mhz")
    seconds = f" · {fmt.si(last / clock / 1e6, 's', 3)} at {fmt.plain(clock)} MHz" if clock else ""
    drawing.add(Text(left, bottom + 33, f"{unit}{seconds}", size=11, fill="soft"))
    for index, (name, rows) in enumerate(lanes.items()):
        y = top + index * step
        if index % every == 0:
            drawing.add(
                Text(left - 8, y + min(step, 26) / 2 + 4, fit_text(name, left - 10, 11), "end", 11)
            )
        gap = 3 if step >= 14 else 1 if step >= 7 else 0.5
        if exact:
            drawing.add(*_exact(name, rows, axis, left, y + gap, step - 2 * gap))
        else:
            slices = max(1, int(min(axis.length / _SLICE, _MOST_SLICES / len(lanes))))
            drawing.add(
                *_sliced(name, rows, last, slices, Box(left, y + gap, axis.length, step - 2 * gap))
            )
    drawing.height = bottom + 40
    return drawing


def _exact(
    lane: str, rows: list[dict], axis: PlotAxis, left: float, y: float, height: float
) -> list[Rect]:
    """One bar for each span of a lane."""
    bars = []
    for row in rows:
        phase = str(row.get("phase", ""))
        image = f", image {row['image']}" if row.get("image") is not None else ""
        cycles = f"cycles {fmt.count(row['start'])} to {fmt.count(row['end'])}"
        tip = f"{lane}: {row.get('layer', '')} {phase}{image}\n{cycles}"
        width = max(0.6, axis.place(row["end"] - row["start"]))
        bars.append(
            Rect(left + axis.place(row["start"]), y, width, height, token("phase", phase), tip)
        )
    return bars


def _sliced(lane: str, rows: list[dict], last: float, slices: int, lane_box: Box) -> list[Boxes]:
    """The phases of a lane stacked in each slice of time: full height is busy all the time."""
    left, top, length, height = lane_box
    width = length / slices
    filled = [0.0] * slices
    marks = []
    least = min(1.0, 1.2 / height)  # whatever is there can be seen
    for phase in dict.fromkeys(str(row.get("phase", "")) for row in rows):
        own = [row for row in rows if str(row.get("phase", "")) == phase]
        # spans of a lane may overlap (several images at once): no more than full
        shares = [
            min(share, 1.0 - below) for share, below in zip(_coverage(own, slices, last), filled)
        ]
        # Raised after the cut above: a phase of a full slice may hide behind what lies below it.
        shares = [max(share, least) if share > 0 else 0.0 for share in shares]
        filled = [min(1.0, below + share) for below, share in zip(filled, shares)]
        boxes = [
            (left + i * width, top + height * (1 - filled[i]), width, height * shares[i])
            for i in range(slices)
            if shares[i]
        ]
        busy = sum(row["end"] - row["start"] for row in own)
        tip = (
            f"{lane}: {phase}, {fmt.count(len(own))} spans\n{fmt.count(busy)} cycles in all, "
            f"{fmt.percent(busy / last)} of the run"
        )
        marks.append(Boxes(tuple(boxes), token("phase", phase), tip))
    return marks


def _coverage(rows: list[dict], slices: int, last: float) -> list[float]:
    """Busy share of each slice of time, 0 to 1."""
    busy = [0.0] * slices
    scale = slices / last
    for row in rows:
        start = row["start"] * scale
        end = min(row["end"] * scale, slices)
        for index in range(int(start), min(slices, math.ceil(end))):
            busy[index] += min(end, index + 1) - max(start, index)
    return [min(1.0, value) for value in busy]
