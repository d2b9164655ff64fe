"""The staircase of a device: median weight over up and down pulses, with the band of the
device-to-device spread.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from archsim.report.drawing.axes import linear_axis
from archsim.report.drawing.drawing import Boxes, Dots, Drawing, Line, Text
from archsim.report.drawing.format import plain


def draw_staircase(
    title: str,
    quantiles: Sequence[Sequence[float]],
    pulses: int,
    measured: Sequence[tuple[float, float]] = (),
    width: float = 620.0,
) -> Drawing:
    """`quantiles` are the 5 %, 50 % and 95 % weight over the devices at pulse 0 to 2 x `pulses`
    (up, then down); `measured` are (pulse, weight) of the device that the law was fitted to.
    """
    low, middle, high = quantiles
    left = 60.0
    right = 16.0
    top = 30.0
    height = 280.0
    bottom = top + height
    floor = min([*low, *(weight for _, weight in measured)])
    span = max(1e-12, max([*high, *(weight for _, weight in measured)]) - floor)
    drawing = Drawing(width, top + height + 58, title)
    across = linear_axis(2 * pulses, width - left - right, "", 70, prefixed=False)
    inner = width - left - right

    def x(step: float) -> float:
        return left + inner * step / (2 * pulses)

    def y(weight: float) -> float:
        return bottom - height * (weight - floor) / span

    for tick in across.ticks:
        if tick == int(tick) and tick <= 2 * pulses:
            drawing.add(
                Line(x(tick), top, x(tick), bottom, "grid"),
                Text(x(tick), bottom + 15, plain(tick), "middle", 11, "soft"),
            )
    for weight in _ticks(floor, floor + span):
        drawing.add(
            Line(left, y(weight), width - right, y(weight), "grid"),
            Text(left - 6, y(weight) + 4, f"{weight:g}", "end", 11, "soft"),
        )
    step = max(1, 2 * pulses // 300)
    places = list(range(0, 2 * pulses + 1, step))
    each = inner * step / (2 * pulses)
    boxes = tuple(
        (x(p) - each / 2, y(high[p]), each, max(0.8, y(low[p]) - y(high[p]))) for p in places
    )
    drawing.add(Boxes(boxes, "role-tile_clock", "5 % to 95 % of the devices"))
    for before, after in zip(places, places[1:]):
        drawing.add(
            Line(x(before), y(middle[before]), x(after), y(middle[after]), "kind-measured", 2.0)
        )
    dots = tuple((x(pulse), y(weight)) for pulse, weight in measured)
    if dots:
        drawing.add(Dots(dots, 2.5, "ink"))
    drawing.add(
        Line(x(pulses), top, x(pulses), bottom, "soft", 1.0, True),
        Text(x(pulses / 2), top - 8, "up pulses", "middle", 11, "soft"),
        Text(x(1.5 * pulses), top - 8, "down pulses", "middle", 11, "soft"),
        Text(left + inner / 2, bottom + 32, "pulse", "middle", fill="soft"),
        Text(14, top + height / 2, "weight (normalised)", "middle", fill="soft", turned=True),
        Text(
            left,
            bottom + 50,
            "line: median of the devices; band: 5 % to 95 %" + ("; dots: measured" if dots else ""),
            size=11,
            fill="soft",
        ),
    )
    return drawing


def _ticks(low: float, high: float) -> list[float]:
    """Five to ten round numbers between two weights, zero among them where it lies inside."""
    raw = (high - low) / 6
    unit = 10.0 ** math.floor(math.log10(raw))
    step = unit * next(m for m in (1, 2, 5, 10) if m * unit >= raw)
    return [round(k * step, 12) for k in range(math.ceil(low / step), math.floor(high / step) + 1)]
