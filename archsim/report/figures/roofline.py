"""Roofline: multiply-accumulates a second over multiply-accumulates a bit moved, with the chip's
own ceilings.

After Williams, Waterman and Patterson, "Roofline: an insightful visual performance model", CACM 52
(2009); the abscissa counts bits.
"""

from __future__ import annotations

import math

from archsim.report.drawing import format as fmt
from archsim.report.drawing.axes import LogAxis, log_axis
from archsim.report.drawing.drawing import (
    Circle,
    Drawing,
    Line,
    Text,
    add_legend,
    fit_text,
    text_width,
)
from archsim.report.drawing.format import is_number
from archsim.report.drawing.palette import token
from archsim.report.run.view import View


def roofline_points(view: View) -> list[dict]:
    """Points with both coordinates positive: intensity (MAC/bit) and rate (MAC/s) added."""
    points = []
    for row in view.roofline_points:
        macs, bits, seconds = (row.get(key) for key in ("macs", "bits", "seconds"))
        if all(is_number(v) and v > 0 for v in (macs, bits, seconds)):
            points.append({**row, "intensity": macs / bits, "rate": macs / seconds})
    return points


def draw_roofline(view: View, width: float) -> Drawing | None:
    """Log-log roofline with a point for each layer and phase. None where the run has no timed
    multiply-accumulates.
    """
    points, roof = roofline_points(view), view.roofline
    peak = roof.get("peak_macs_per_s")
    if not points or not (is_number(peak) and peak > 0):
        return None
    feeds = [
        (name, roof.get(key))
        for name, key in (
            ("buffer", "buffer_bits_per_s"),
            ("off-chip memory", "off_chip_bits_per_s"),
        )
    ]
    feeds = [(name, rate) for name, rate in feeds if is_number(rate) and rate > 0]
    left = 58.0
    right = 14.0
    top = 34.0
    height = 300.0 if width > 420 else 260.0
    intensities = [p["intensity"] for p in points]
    ridges = [
        ridge
        for _, rate in feeds
        if min(intensities) / 1e3 < (ridge := peak / rate) < max(intensities) * 1e3
    ]
    across = log_axis(intensities + ridges, width - left - right)
    upward = log_axis([p["rate"] for p in points] + [peak * 1.5], height)
    drawing = Drawing(width, top + height + 44, f"Roofline of {view.title}, MAC/s over MAC/bit")
    phases = list(dict.fromkeys(str(p.get("phase", "")) for p in points))
    add_legend(drawing, [(phase, token("phase", phase)) for phase in phases], left, 2, width - left)
    bottom = top + height
    for power in across.decades(int(width / 55)):
        x = left + across.place(10.0**power)
        drawing.add(
            Line(x, top, x, bottom, "grid"),
            Text(x, bottom + 15, _power(power), "middle", 11, "soft"),
        )
    for power in upward.decades(8):
        y = bottom - upward.place(10.0**power)
        drawing.add(
            Line(left, y, width - right, y, "grid"),
            Text(left - 6, y + 4, fmt.si(10.0**power, "", 1).strip(), "end", 11, "soft"),
        )
    drawing.add(
        Text(
            left + (width - left - right) / 2,
            bottom + 34,
            "arithmetic intensity, MAC/bit",
            "middle",
            fill="soft",
        ),
        Text(13, top + height / 2, "rate, MAC/s", "middle", fill="soft", turned=True),
    )
    marks = [
        (left + across.place(p["intensity"]), bottom - upward.place(p["rate"])) for p in points
    ]
    taken = [(x - 7, y - 7, x + 7, y + 7) for x, y in marks]  # boxes no text may cover
    slopes = [
        (name, rate, line)
        for name, rate in feeds
        if (line := _slope(rate, peak, across, upward, left, bottom))
    ]
    taken += [box for _, _, line in slopes for box in _along(*line)]
    text = f"peak of the tiles: {fmt.si(peak, 'MAC/s', 3)}"
    y = bottom - upward.place(peak)
    drawing.add(Line(left, y, width - right, y, "soft", 1.6))
    _write(
        drawing,
        text,
        [(width - right - text_width(text, 11), y - 6), (left + 6, y - 6)],
        taken,
        "soft",
        width - right,
    )
    for name, rate, (x1, y1, x2, y2) in slopes:
        drawing.add(Line(x1, y1, x2, y2, "soft", 1.6, dashed=True))
        text, places = f"{name}: {fmt.si(rate, 'bit/s', 3)}", []
        for share in (0.55, 0.4, 0.7, 0.25, 0.85, 0.1):
            x, y = x1 + share * (x2 - x1), y1 + share * (y2 - y1)
            places += [
                (x + 8, y + 12),
                (x - text_width(text, 11) - 8, y - 4),
            ]  # below the line at the right, above it at the left
        inside = [(x, y) for x, y in places if left < x and top + 12 < y < bottom - 3]
        _write(drawing, text, inside, taken, "soft", width - right)
    spots: dict[tuple[int, int], dict[str, list[dict]]] = {}
    for point, (x, y) in zip(points, marks):
        spots.setdefault((round(x), round(y)), {}).setdefault(
            str(point.get("phase", "")), []
        ).append(point)
    for (x, y), by_phase in spots.items():
        # phases of one layer often coincide: each next one is smaller, so that all show as rings
        for order, (phase, together) in enumerate(by_phase.items()):
            drawing.add(
                Circle(
                    x,
                    y,
                    max(2.0, 6.0 - 1.8 * order),
                    token("phase", phase),
                    _tip(together, phase, peak),
                )
            )
    named = {str(point.get("layer", "")): mark for point, mark in zip(points, marks)}
    if len(named) <= 12:
        for name, (x, y) in named.items():
            text = fit_text(name, 120, 11)
            wide = text_width(text, 11)
            sides = [
                (x + 9, y + 4),
                (x - 9 - wide, y + 4),
                (x - wide / 2, y - 11),
                (x - wide / 2, y + 18),
            ]
            _write(drawing, text, sides, taken, "ink", width)
    return drawing


def _slope(
    rate: float, peak: float, across: LogAxis, upward: LogAxis, left: float, bottom: float
) -> tuple[float, float, float, float] | None:
    """The line of a feed of `rate` bits a second from the plot's edge to the peak; None where it
    lies outside the plot.
    """
    low = max(across.low, upward.low - math.log10(rate))
    high = min(across.high, math.log10(peak / rate))
    if low >= high:
        return None
    ends = [
        (left + across.place(10**power), bottom - upward.place(rate * 10**power))
        for power in (low, high)
    ]
    return (*ends[0], *ends[1])


def _along(x1: float, y1: float, x2: float, y2: float) -> list[tuple[float, float, float, float]]:
    """Small boxes along a line, for texts to keep away from."""
    steps = max(1, int((x2 - x1) / 6))
    places = [(x1 + i / steps * (x2 - x1), y1 + i / steps * (y2 - y1)) for i in range(steps + 1)]
    return [(x - 2, y - 2, x + 2, y + 2) for x, y in places]


def _write(
    drawing: Drawing,
    text: str,
    places: list[tuple[float, float]],
    taken: list[tuple[float, float, float, float]],
    colour: str,
    right: float,
) -> None:
    """Write at the first place that covers nothing; a text without one stays in its tip."""
    wide = text_width(text, 11)
    for x, y in places:
        box = (x, y - 10, x + wide, y + 2)
        if (
            x >= 0
            and box[2] <= right
            and not any(
                box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in taken
            )
        ):
            taken.append(box)
            drawing.add(Text(x, y, text, size=11, fill=colour))
            return


def _tip(points: list[dict], phase: str, peak: float) -> str:
    names = [str(point.get("layer", "")) for point in points]
    more = f" and {len(names) - 6} more" if len(names) > 6 else ""
    rate, intensity = points[0]["rate"], points[0]["intensity"]
    return (
        f"{', '.join(names[:6])}{more}: {phase}\n{fmt.si(rate, 'MAC/s', 3)}, {fmt.percent(rate / peak)} of the peak\n"
        f"{fmt.significant(intensity, 3)} MAC/bit"
    )


def _power(power: int) -> str:
    return (
        fmt.significant(10.0**power, 1)
        if -3 <= power <= 4
        else f"10{str(power).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}"
    )
