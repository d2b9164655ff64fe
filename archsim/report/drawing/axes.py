"""Scales and ticks: linear ticks at 1, 2, 5 with one SI prefix for the whole axis, logarithmic
ticks at decades.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from archsim.report.drawing.format import plain, prefix, prefix_exponent


@dataclass(frozen=True, slots=True)
class PlotAxis:
    """A linear axis from zero to `top` on `length` pixels. `factor` turns values into the unit of
    the tick labels.
    """

    top: float
    length: float
    ticks: tuple[float, ...]
    factor: float
    unit: str

    def place(self, value: float) -> float:
        """Pixels from the axis' start."""
        return value / self.top * self.length

    def label(self, value: float) -> str:
        """A tick label in the axis' unit."""
        return plain(value * self.factor)


def linear_axis(
    largest: float, length: float, unit: str, spacing: float = 80.0, prefixed: bool = True
) -> PlotAxis:
    """An axis that holds `largest`, with a tick about every `spacing` pixels; `unit` gets the
    prefix that fits.
    """
    # An axis of zeros still needs a length: a logarithm of its step is taken below.
    largest = largest if largest > 0 else 1.0
    raw = largest / max(2.0, length / spacing)
    decade = 10.0 ** math.floor(math.log10(raw))
    # The hair is off for a raw step that is a round number but for rounding.
    step = next(m * decade for m in (1, 2, 5, 10) if m * decade >= raw * 0.999)
    exponent = prefix_exponent(largest) if prefixed else 0
    ticks = tuple(i * step for i in range(int(largest / step * 1.0001) + 1))
    return PlotAxis(largest, length, ticks, 10.0**-exponent, f"{prefix(exponent)}{unit}")


@dataclass(frozen=True, slots=True)
class LogAxis:
    """A logarithmic axis from 10^low to 10^high on `length` pixels."""

    low: float
    high: float
    length: float

    def place(self, value: float) -> float:
        return (math.log10(value) - self.low) / (self.high - self.low) * self.length

    def decades(self, most: int) -> list[int]:
        """Whole powers of ten inside the axis, thinned to at most `most`."""
        whole = list(range(math.ceil(self.low - 1e-9), math.floor(self.high + 1e-9) + 1))
        # Every so many decades: the distance between ticks stays one factor.
        return whole[:: max(1, math.ceil(len(whole) / most))]


def log_axis(values: list[float], length: float) -> LogAxis:
    """Whole decades around positive values."""
    low = math.floor(math.log10(min(values)))
    high = math.ceil(math.log10(max(values)))
    # One value alone still needs a decade around it.
    return LogAxis(low, max(high, low + 1), length)
