"""Roofline: multiply-accumulates a second over multiply-accumulates a bit moved, with the chip's own ceilings.

After Williams, Waterman and Patterson, "Roofline: an insightful visual performance model", CACM 52 (2009); the abscissa counts bits.
"""

from __future__ import annotations

import math

from archsim.report import format as fmt
from archsim.report.figures.axes import LogAxis, log_axis
from archsim.report.figures.drawing import Circle, Drawing, Line, Text, add_legend, fit_text, text_width
from archsim.report.format import is_number
from archsim.report.palette import token
from archsim.report.view import View


def roofline_points(view: View) -> list[dict]:
    """Points with both coordinates positive: intensity (MAC/bit) and rate (MAC/s) added."""
    points = []
    for row in (view.result.get("roofline") or {}).get("points") or ():
        macs, bits, seconds = (row.get(key) for key in ("macs", "bits", "seconds"))
        if all(is_number(v) and v > 0 for v in (macs, bits, seconds)):
            points.append({**row, "intensity": macs / bits, "rate": macs / seconds})
    return points


def draw_roofline(view: View, width: float) -> Drawing | None:
    """Log-log roofline with a point for each layer and phase. None where the run has no timed multiply-accumulates."""
    points, roof = roofline_points(view), view.result.get("roofline") or {}
    peak = roof.get("peak_macs_per_s")
    if not points or not (is_number(peak) and peak > 0):
        return None
    feeds = [(name, roof.get(key)) for name, key in (("buffer", "buffer_bits_per_s"), ("off-chip memory", "off_chip_bits_per_s"))]
    feeds = [(name, rate) for name, rate in feeds if is_number(rate) and rate > 0]
    left, right, top, height = 58.0, 14.0, 34.0, 300.0 if width > 420 else 260.0
    intensities = [p["intensity"] for p in points]
    ridges = [ridge for _, rate in feeds if min(intensities) / 1e3 < (ridge := peak / rate) < max(intensities) * 1e3]
    across = log_axis(intensities + ridges, width - left - right)
    upward = log_axis([p["rate"] for p in points] + [peak * 1.5], height)
    drawing = Drawing(width, top + height + 44, f"Roofline of {view.title}, MAC/s over MAC/bit")
    phases = list(dict.fromkeys(str(p.get("phase", "")) for p in points))
    add_legend(drawing, [(phase, token("phase", phase)) for phase in phases], left, 2, width - left)
    bottom = top + height
    for power in across.decades(int(width / 55)):
        x = left + across.place(10.0**power)
        drawing.add(Line(x, top, x, bottom, "grid"), Text(x, bottom + 15, _power(power), "middle", 11, "soft"))
    for power in upward.decades(8):
        y = bottom - upward.place(10.0**power)
        drawing.add(Line(left, y, width - right, y, "grid"), Text(left - 6, y + 4, fmt.si(10.0**power, "", 3).strip(), "end", 11, "soft"))
    drawing.add(Text(left + (width - left - right) / 2, bottom + 34, "arithmetic intensity, MAC/bit", "middle", fill="soft"),
                Text(13, top + height / 2, "rate, MAC/s", "middle", fill="soft", turned=True))
    for order, (name, rate) in enumerate([("peak of the tiles", None), *feeds]):
        _roof(drawing, name, rate, peak, across, upward, (left, bottom, width - right), order)
    crowd: dict[tuple[int, int], int] = {}
    for point in points:
        name = f"{point.get('layer', '')}, {point.get('phase', '')}"
        tip = (f"{name}\n{fmt.si(point['rate'], 'MAC/s', 3)}, {fmt.percent(point['rate'] / peak)} of the peak\n"
               f"{fmt.significant(point['intensity'], 3)} MAC/bit")
        x, y = left + across.place(point["intensity"]), bottom - upward.place(point["rate"])
        # phases of one layer often coincide: each next one is smaller, so that all show as rings
        spot = (round(x), round(y))
        crowd[spot] = crowd.get(spot, 0) + 1
        radius = (5.5 if len(points) < 60 else 4.0) - 1.4 * min(2, crowd[spot] - 1)
        drawing.add(Circle(x, y, radius, token("phase", str(point.get("phase", ""))), tip))
    points = list({point.get("layer"): point for point in points}.values())
    if len(points) <= 8:
        _name_points(drawing, points, across, upward, left, bottom, width - right)
    return drawing


def _roof(drawing: Drawing, name: str, rate: float | None, peak: float, across: LogAxis, upward: LogAxis, box: tuple[float, float, float],
          order: int) -> None:
    """One ceiling inside the plot: level at `peak` (rate None), or rising with a slope of `rate` bits a second."""
    left, bottom, right = box
    if rate is None:
        y = bottom - upward.place(peak)
        drawing.add(Line(left, y, right, y, "soft", 1.6), Text(right, y - 6, f"{name}: {fmt.si(peak, 'MAC/s', 3)}", "end", 11, "soft"))
        return
    low = max(across.low, upward.low - math.log10(rate))
    high = min(across.high, math.log10(peak / rate))
    if low >= high:
        return  # the whole slope lies outside the plot: this feed bounds nothing here
    x1, y1 = left + across.place(10**low), bottom - upward.place(rate * 10**low)
    x2, y2 = left + across.place(10**high), bottom - upward.place(rate * 10**high)
    drawing.add(Line(x1, y1, x2, y2, "soft", 1.6, dashed=True))
    text = f"{name}: {fmt.si(rate, 'bit/s', 3)}"
    # names of feeds of like speed keep apart: each further one starts lower on its slope
    x = min(x1 + (0.55 - 0.3 * (order - 1)) * (x2 - x1) + 10, right - text_width(text, 11))
    drawing.add(Text(x, y1 + (x - x1) / (x2 - x1) * (y2 - y1) + 14, text, size=11, fill="soft"))


def _name_points(drawing: Drawing, points: list[dict], across: LogAxis, upward: LogAxis, left: float, bottom: float, right: float) -> None:
    taken: list[tuple[float, float, float]] = []
    for point in points:
        text = fit_text(str(point.get("layer", "")), 120, 11)
        x, y = left + across.place(point["intensity"]), bottom - upward.place(point["rate"])
        wide = text_width(text, 11)
        x = x + 8 if x + 8 + wide < right else x - 8 - wide
        if all(abs(y - other) > 12 or x > end or x + wide < start for start, end, other in taken):
            drawing.add(Text(x, y + 4, text, size=11))
            taken.append((x, x + wide, y))


def _power(power: int) -> str:
    return fmt.significant(10.0**power, 1) if -3 <= power <= 4 else f"10{str(power).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}"
