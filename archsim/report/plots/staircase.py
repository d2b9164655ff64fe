"""The staircase of a device: median weight over up and down pulses, with the band of the
device-to-device spread.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from archsim.report.drawing.axes import linear_axis
from archsim.report.drawing.drawing import Boxes, Dots, Drawing, Line, Text
from archsim.report.drawing.format import plain

_HEIGHT = 280.0


@dataclass(frozen=True, slots=True)
class _Plot:
    """The plot while it is drawn: its corners, and what pulses and weights they stand for."""

    drawing: Drawing
    pulses: int
    floor: float
    span: float
    left: float
    right: float
    top: float

    @property
    def inner(self) -> float:
        return self.right - self.left

    @property
    def bottom(self) -> float:
        return self.top + _HEIGHT

    def x(self, pulse: float) -> float:
        """Pixels of a pulse."""
        return self.left + self.inner * pulse / (2 * self.pulses)

    def y(self, weight: float) -> float:
        """Pixels of a weight."""
        return self.bottom - _HEIGHT * (weight - self.floor) / self.span


def draw_staircase(
    title: str,
    quantiles: Sequence[Sequence[float]],
    pulses: int,
    measured: Sequence[tuple[float, float]] = (),
    width: float = 620.0,
) -> Drawing:
    """The staircase of a device, up and then down.

    Args:
        title: what a screen reader says.
        quantiles: the 5 %, 50 % and 95 % weight over the devices at pulse 0 to 2 x `pulses`.
        pulses: pulses up, and as many down.
        measured: (pulse, weight) of the device that the law was fitted to.
        width: pixels.
    """
    low, middle, high = quantiles
    weights = [weight for _, weight in measured]
    floor = min([*low, *weights])
    span = max(1e-12, max([*high, *weights]) - floor)
    top = 30.0
    drawing = Drawing(width, top + _HEIGHT + 58, title)
    plot = _Plot(drawing, pulses, floor, span, 60.0, width - 16.0, top)
    _draw_grid(plot)
    # More than a box a pixel or two would only make the file larger.
    # Some three hundred steps, whatever the number of pulses.
    step = max(1, 2 * pulses // 300)
    shown = list(range(0, 2 * pulses + 1, step))
    each = plot.inner * step / (2 * pulses)
    boxes = tuple(
        (
            plot.x(pulse) - each / 2,
            plot.y(high[pulse]),
            each,
            max(0.8, plot.y(low[pulse]) - plot.y(high[pulse])),
        )
        for pulse in shown
    )
    drawing.add(Boxes(boxes, "role-tile_clock", "5 % to 95 % of the devices"))
    corners = [(plot.x(pulse), plot.y(middle[pulse])) for pulse in shown]
    for (x1, y1), (x2, y2) in zip(corners, corners[1:]):
        drawing.add(Line(x1, y1, x2, y2, "kind-measured", 2.0))
    dots = tuple((plot.x(pulse), plot.y(weight)) for pulse, weight in measured)
    if dots:
        drawing.add(Dots(dots, 2.5, "ink"))
    _draw_words(plot, "; dots: measured" if dots else "")
    return drawing


def _draw_grid(plot: _Plot) -> None:
    drawing = plot.drawing
    bottom = plot.bottom
    across = linear_axis(2 * plot.pulses, plot.inner, "", 70, prefixed=False)
    for tick in across.ticks:
        if tick == int(tick) and tick <= 2 * plot.pulses:
            x = plot.x(tick)
            drawing.add(
                Line(x, plot.top, x, bottom, "grid"),
                Text(x, bottom + 15, plain(tick), "middle", 11, "soft"),
            )
    for weight in _ticks(plot.floor, plot.floor + plot.span):
        y = plot.y(weight)
        drawing.add(
            Line(plot.left, y, plot.right, y, "grid"),
            Text(plot.left - 6, y + 4, f"{weight:g}", "end", 11, "soft"),
        )


def _draw_words(plot: _Plot, dots: str) -> None:
    """Where up ends and down begins, titles, and what is what."""
    top, bottom = plot.top, plot.bottom
    turn = plot.x(plot.pulses)
    key = f"line: median of the devices; band: 5 % to 95 %{dots}"
    height = top + _HEIGHT / 2
    plot.drawing.add(
        Line(turn, top, turn, bottom, "soft", 1.0, True),
        Text(plot.x(plot.pulses / 2), top - 8, "up pulses", "middle", 11, "soft"),
        Text(plot.x(1.5 * plot.pulses), top - 8, "down pulses", "middle", 11, "soft"),
        Text(plot.left + plot.inner / 2, bottom + 32, "pulse", "middle", fill="soft"),
        Text(14, height, "weight (normalised)", "middle", fill="soft", turned=True),
        Text(plot.left, bottom + 50, key, size=11, fill="soft"),
    )


def _ticks(low: float, high: float) -> list[float]:
    """Five to ten round numbers between two weights, zero among them where it lies inside."""
    raw = (high - low) / 6
    unit = 10.0 ** math.floor(math.log10(raw))
    step = unit * next(m for m in (1, 2, 5, 10) if m * unit >= raw)
    # Rounded: three steps of 0.1 are not 0.3.
    return [round(k * step, 12) for k in range(math.ceil(low / step), math.floor(high / step) + 1)]
