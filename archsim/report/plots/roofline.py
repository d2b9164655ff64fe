"""Roofline: multiply-accumulates a second over multiply-accumulates a bit moved, with the chip's
own ceilings.

After Williams, Waterman and Patterson, "Roofline: an insightful visual performance model", CACM 52
(2009); the abscissa counts bits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

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

Spot = tuple[float, float]
Box = tuple[float, float, float, float]
_FEEDS = (("buffer", "buffer_bits_per_s"), ("off-chip memory", "off_chip_bits_per_s"))
_MOST_NAMES = 12


@dataclass(frozen=True, slots=True)
class RooflinePoint:
    """A layer in a phase: intensity in MAC/bit, rate in MAC/s."""

    layer: str
    phase: str
    intensity: float
    rate: float


def roofline_points(view: View) -> list[RooflinePoint]:
    """The points of a run whose coordinates are both positive."""
    points = []
    for row in view.roofline_points:
        macs, bits, seconds = (_positive(row.get(key)) for key in ("macs", "bits", "seconds"))
        if macs and bits and seconds:
            layer = str(row.get("layer", ""))
            phase = str(row.get("phase", ""))
            points.append(RooflinePoint(layer, phase, macs / bits, macs / seconds))
    return points


def _positive(value: object) -> float:
    """A number above zero, or 0."""
    return value if is_number(value) and value > 0 else 0.0


@dataclass(slots=True)
class _Plot:
    """The plot while it is drawn: its scales, where it starts, and the boxes no text may cover."""

    drawing: Drawing
    across: LogAxis
    upward: LogAxis
    left: float
    right: float
    top: float
    taken: list[Box] = field(default_factory=list)

    @property
    def bottom(self) -> float:
        return self.top + self.upward.length

    def at(self, intensity: float, rate: float) -> Spot:
        """Pixels of a point."""
        return self.left + self.across.place(intensity), self.bottom - self.upward.place(rate)


def draw_roofline(view: View, width: float) -> Drawing | None:
    """Log-log roofline with a point for each layer and phase. None where the run has no timed
    multiply-accumulates.
    """
    points = roofline_points(view)
    peak = _positive(view.roofline.get("peak_macs_per_s"))
    if not points or not peak:
        return None
    feeds = {name: rate for name, key in _FEEDS if (rate := _positive(view.roofline.get(key)))}
    left = 58.0
    right = 14.0
    top = 34.0
    height = 300.0 if width > 420 else 260.0
    intensities = [point.intensity for point in points]
    # a ridge far from every point would squeeze them into a corner
    lowest, highest = min(intensities) / 1e3, max(intensities) * 1e3
    ridges = [peak / rate for rate in feeds.values() if lowest < peak / rate < highest]
    across = log_axis(intensities + ridges, width - left - right)
    # Above the peak, so that its line is not the frame.
    upward = log_axis([point.rate for point in points] + [peak * 1.5], height)
    title = f"Roofline of {view.title}, MAC/s over MAC/bit"
    drawing = Drawing(width, top + height + 44, title)
    plot = _Plot(drawing, across, upward, left, width - right, top)
    _draw_frame(plot, points)
    marks = [plot.at(point.intensity, point.rate) for point in points]
    plot.taken = [(x - 7, y - 7, x + 7, y + 7) for x, y in marks]
    _draw_ceilings(plot, peak, feeds)
    _draw_points(plot, points, marks, peak)
    return drawing


def _draw_frame(plot: _Plot, points: Sequence[RooflinePoint]) -> None:
    """Legend, grid, ticks and titles."""
    drawing = plot.drawing
    left = plot.left
    bottom = plot.bottom
    phases = list(dict.fromkeys(point.phase for point in points))
    legend = [(phase, token("phase", phase)) for phase in phases]
    add_legend(drawing, legend, left, 2, drawing.width - left)
    for power in plot.across.decades(int(drawing.width / 55)):
        x = left + plot.across.place(10.0**power)
        drawing.add(
            Line(x, plot.top, x, bottom, "grid"),
            Text(x, bottom + 15, _power(power), "middle", 11, "soft"),
        )
    for power in plot.upward.decades(8):
        y = bottom - plot.upward.place(10.0**power)
        drawing.add(
            Line(left, y, plot.right, y, "grid"),
            Text(left - 6, y + 4, fmt.si(10.0**power, "", 1).strip(), "end", 11, "soft"),
        )
    middle = left + plot.across.length / 2
    height = plot.upward.length / 2
    drawing.add(
        Text(middle, bottom + 34, "arithmetic intensity, MAC/bit", "middle", fill="soft"),
        Text(13, plot.top + height, "rate, MAC/s", "middle", fill="soft", turned=True),
    )


def _draw_ceilings(plot: _Plot, peak: float, feeds: dict[str, float]) -> None:
    """The peak of the tiles and what each feed allows, with their names beside them."""
    left, right = plot.left, plot.right
    slopes = {
        name: line for name, rate in feeds.items() if (line := _slope(rate, peak, plot)) is not None
    }
    # All lines before the first text, or a name would be written where the next line comes.
    plot.taken += [box for line in slopes.values() for box in _along(*line)]
    text = f"peak of the tiles: {fmt.si(peak, 'MAC/s', 3)}"
    y = plot.bottom - plot.upward.place(peak)
    plot.drawing.add(Line(left, y, right, y, "soft", 1.6))
    _write(plot, text, [(right - text_width(text, 11), y - 6), (left + 6, y - 6)], right)
    for name, (x1, y1, x2, y2) in slopes.items():
        plot.drawing.add(Line(x1, y1, x2, y2, "soft", 1.6, dashed=True))
        text = f"{name}: {fmt.si(feeds[name], 'bit/s', 3)}"
        spots: list[Spot] = []
        # From the middle of the line outwards: its ends lie at the frame and at the peak.
        for share in (0.55, 0.4, 0.7, 0.25, 0.85, 0.1):
            x = x1 + share * (x2 - x1)
            y = y1 + share * (y2 - y1)
            # below the line at the right, above it at the left
            spots += [(x + 8, y + 12), (x - text_width(text, 11) - 8, y - 4)]
        inside = [(x, y) for x, y in spots if left < x and plot.top + 12 < y < plot.bottom - 3]
        _write(plot, text, inside, right)


def _draw_points(
    plot: _Plot, points: Sequence[RooflinePoint], marks: Sequence[Spot], peak: float
) -> None:
    """A circle a layer and phase; the layers' names where they are few."""
    together: dict[tuple[int, int], dict[str, list[RooflinePoint]]] = {}
    for point, (x, y) in zip(points, marks):
        spot = together.setdefault((round(x), round(y)), {})
        spot.setdefault(point.phase, []).append(point)
    for (x, y), by_phase in together.items():
        # phases of one layer often coincide: each next one is smaller, so that all show as rings
        for order, (phase, own) in enumerate(by_phase.items()):
            radius = max(2.0, 6.0 - 1.8 * order)
            plot.drawing.add(Circle(x, y, radius, token("phase", phase), _tip(own, phase, peak)))
    # One name a layer, at its last phase: the phases of a layer mostly lie together.
    named = {point.layer: mark for point, mark in zip(points, marks)}
    for name, (x, y) in named.items() if len(named) <= _MOST_NAMES else ():
        text = fit_text(name, 120, 11)
        wide = text_width(text, 11)
        sides = [
            (x + 9, y + 4),
            (x - 9 - wide, y + 4),
            (x - wide / 2, y - 11),
            (x - wide / 2, y + 18),
        ]
        _write(plot, text, sides, plot.drawing.width, "ink")


def _slope(rate: float, peak: float, plot: _Plot) -> Box | None:
    """The line of a feed of `rate` bits a second from the plot's edge to the peak, as the
    coordinates of its ends; None where it lies outside the plot.
    """
    low = max(plot.across.low, plot.upward.low - math.log10(rate))
    # A feed limits up to its ridge, where the tiles take over.
    high = min(plot.across.high, math.log10(peak / rate))
    if low >= high:
        return None
    ends = [plot.at(10**power, rate * 10**power) for power in (low, high)]
    return (*ends[0], *ends[1])


def _along(x1: float, y1: float, x2: float, y2: float) -> list[Box]:
    """Small boxes along a line, for texts to keep away from."""
    steps = max(1, int((x2 - x1) / 6))
    spots = [(x1 + i / steps * (x2 - x1), y1 + i / steps * (y2 - y1)) for i in range(steps + 1)]
    return [(x - 2, y - 2, x + 2, y + 2) for x, y in spots]


def _write(
    plot: _Plot, text: str, spots: Sequence[Spot], right: float, colour: str = "soft"
) -> None:
    """Write at the first spot that covers nothing; a text without one stays in its tip."""
    wide = text_width(text, 11)
    for x, y in spots:
        box = (x, y - 10, x + wide, y + 2)
        if x >= 0 and box[2] <= right and not any(_overlap(box, other) for other in plot.taken):
            plot.taken.append(box)
            plot.drawing.add(Text(x, y, text, size=11, fill=colour))
            return


def _overlap(box: Box, other: Box) -> bool:
    across = box[0] < other[2] and other[0] < box[2]
    return across and box[1] < other[3] and other[1] < box[3]


def _tip(points: Sequence[RooflinePoint], phase: str, peak: float) -> str:
    names = [point.layer for point in points]
    more = f" and {len(names) - 6} more" if len(names) > 6 else ""
    first = points[0]
    return (
        f"{', '.join(names[:6])}{more}: {phase}\n"
        f"{fmt.si(first.rate, 'MAC/s', 3)}, {fmt.percent(first.rate / peak)} of the peak\n"
        f"{fmt.significant(first.intensity, 3)} MAC/bit"
    )


def _power(power: int) -> str:
    return (
        fmt.significant(10.0**power, 1)
        if -3 <= power <= 4
        else f"10{str(power).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}"
    )
