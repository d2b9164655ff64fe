"""A fitted device: measured weights with their spread, the fit over them, and what is left over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from archsim.report.drawing.axes import linear_axis
from archsim.report.drawing.drawing import Boxes, Drawing, Line, Text
from archsim.report.drawing.format import plain

Curve = Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class _Panel:
    """A frame on the page and the range of its values."""

    left: float
    width: float
    top: float
    height: float
    low: float
    high: float
    pulses: float

    def x(self, pulse: float) -> float:
        return self.left + self.width * pulse / max(self.pulses, 1e-9)

    def y(self, value: float) -> float:
        return self.top + self.height * (self.high - value) / max(self.high - self.low, 1e-12)


def draw_fit(title: str, curves: Mapping[str, Curve], width: float = 720.0) -> Drawing:
    """Measured and fitted weights over the pulses, one column a direction.

    Args:
        title: of the drawing.
        curves: by direction (up, down): pulses, low, median, high, fitted; (points,) each.
        width: pixels.

    Returns:
        The drawing: weights above, fitted minus measured median below.
    """
    drawing = Drawing(width, 430, title)
    low = min(min(curve["low"]) for curve in curves.values())
    high = max(max(curve["high"]) for curve in curves.values())
    off = max(
        max(abs(f - m) for f, m in zip(curve["fitted"], curve["median"]))
        for curve in curves.values()
    )
    # A perfect fit would stretch its rounding over the whole panel.
    off = max(off, 0.005 * (high - low))
    share = (width - 60.0 - 16.0) / len(curves)
    for number, (direction, curve) in enumerate(curves.items()):
        left = 60.0 + number * share
        pulses = max(curve["pulses"])
        weights = _Panel(left, share - 24, 30, 220, low, high, pulses)
        residuals = _Panel(left, share - 24, 280, 80, -off, off, pulses)
        first = number == 0
        _grid(drawing, weights, first)
        _grid(drawing, residuals, first, symmetric=True)
        _weights(drawing, weights, curve)
        _residuals(drawing, residuals, curve)
        middle = left + weights.width / 2
        drawing.add(
            Text(middle, 22, f"{direction} pulses", "middle", 12, "soft"),
            Text(middle, 392, "pulse", "middle", 11, "soft"),
        )
    drawing.add(
        Text(14, 140, "weight (normalised)", "middle", 12, "soft", turned=True),
        Text(14, 320, "fit − median", "middle", 12, "soft", turned=True),
        Text(
            60,
            418,
            "blue: median of the runs; band: 5 % to 95 %; dark: median of the fit",
            size=11,
            fill="soft",
        ),
    )
    return drawing


def _grid(drawing: Drawing, panel: _Panel, labelled: bool, symmetric: bool = False) -> None:
    levels = (
        (panel.low, 0.0, panel.high)
        if symmetric
        else [panel.low + (panel.high - panel.low) * k / 4 for k in range(5)]
    )
    for level in levels:
        drawing.add(
            Line(panel.left, panel.y(level), panel.left + panel.width, panel.y(level), "grid")
        )
        if labelled:
            text = f"{level:.3f}" if symmetric else f"{level:.2f}"
            drawing.add(Text(panel.left - 6, panel.y(level) + 4, text, "end", 11, "soft"))
    axis = linear_axis(panel.pulses, panel.width, "", 70, prefixed=False)
    for tick in axis.ticks:
        # There is no half pulse.
        if tick == int(tick) and tick <= panel.pulses:
            x = panel.x(tick)
            drawing.add(Line(x, panel.top, x, panel.top + panel.height, "grid"))
            if symmetric:
                bottom = panel.top + panel.height + 15
                drawing.add(Text(x, bottom, plain(tick), "middle", 11, "soft"))


def _weights(drawing: Drawing, panel: _Panel, curve: Curve) -> None:
    pulses = curve["pulses"]
    each = panel.width / max(1, len(pulses))
    boxes = tuple(
        (panel.x(p) - each / 2, panel.y(h), each, max(0.8, panel.y(lo) - panel.y(h)))
        for p, lo, h in zip(pulses, curve["low"], curve["high"])
    )
    drawing.add(Boxes(boxes, "role-tile_clock", "5 % to 95 % of the runs"))
    _line(drawing, panel, pulses, curve["median"], "kind-measured", 2.0)
    _line(drawing, panel, pulses, curve["fitted"], "ink", 1.5)


def _residuals(drawing: Drawing, panel: _Panel, curve: Curve) -> None:
    left = [f - m for f, m in zip(curve["fitted"], curve["median"])]
    _line(drawing, panel, curve["pulses"], left, "kind-measured", 1.5)


def _line(
    drawing: Drawing,
    panel: _Panel,
    pulses: Sequence[float],
    values: Sequence[float],
    stroke: str,
    width: float,
) -> None:
    points = list(zip(pulses, values))
    for (p0, v0), (p1, v1) in zip(points, points[1:]):
        drawing.add(Line(panel.x(p0), panel.y(v0), panel.x(p1), panel.y(v1), stroke, width))
