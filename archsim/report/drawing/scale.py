"""A scale for plots whose values start anywhere: linear or logarithmic, with ticks at 1, 2, 5 and
labels in the metric's unit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from archsim.report.drawing import format as fmt
from archsim.report.drawing.format import prefix, prefix_exponent

_PREFIXED = ("J", "s")


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to pixels: `low` to `high` on `length` pixels. `factor` and `unit` are those of
    the tick labels.
    """

    low: float
    high: float
    length: float
    logarithmic: bool
    factor: float
    unit: str

    def place(self, value: float) -> float:
        """Pixels from the start of the scale, held inside it."""
        if self.logarithmic:
            share = (math.log(max(value, 1e-300)) - math.log(self.low)) / (
                math.log(self.high) - math.log(self.low)
            )
        else:
            share = (value - self.low) / (self.high - self.low)
        # A low price may lie below the axis: its line ends at the frame.
        return min(1.0, max(0.0, share)) * self.length

    def ticks(self, spacing: float = 70.0) -> list[tuple[float, str]]:
        """(pixels, label) about every `spacing` pixels."""
        most = max(2.0, self.length / spacing)
        values = (
            _log_ticks(self.low, self.high, most)
            if self.logarithmic
            else _even_ticks(self.low, self.high, most)
        )
        return [
            (self.place(value), fmt.plain(float(f"{value * self.factor:.6g}"))) for value in values
        ]


def scale_of(
    values: Sequence[float], length: float, unit: str, logarithmic: bool | None = None
) -> Scale:
    """A scale around values; logarithmic where they are positive, no per cent, and span more than
    eightfold, or as told.
    """
    low, high = min(values), max(values)
    if logarithmic is None:
        logarithmic = low > 0 and high > 8 * low and unit != "%"
    if logarithmic:
        margin = max((high / low) ** 0.04, 1.08)
        low, high = low / margin, high * margin
    else:
        margin = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
        # What cannot be negative gets no axis below zero.
        low = max(0.0, low - margin) if low >= 0 else low - margin
        high = high + margin
        high = min(high, 100.0) if unit == "%" and high - margin <= 100.0 else high
    if unit == "µW":
        # The prefix is that of watts, so the micro of the unit goes into the factor.
        exponent = prefix_exponent(high * 1e-6)
        return Scale(
            low, high, length, logarithmic, 10.0 ** (-6 - exponent), f"{prefix(exponent)}W"
        )
    if unit in _PREFIXED:
        exponent = prefix_exponent(high)
        return Scale(low, high, length, logarithmic, 10.0**-exponent, f"{prefix(exponent)}{unit}")
    return Scale(low, high, length, logarithmic, 1.0, unit)


def _even_ticks(low: float, high: float, most: float) -> list[float]:
    raw = (high - low) / most
    decade = 10.0 ** math.floor(math.log10(raw))
    steps = (10, 5, 2, 1, 0.5, 0.2, 0.1)
    start = max(order for order, m in enumerate(steps) if m * decade >= raw * 0.999)
    # From the coarsest that is fine enough down, until two ticks fall inside.
    for step in (m * decade for m in steps[start:]):
        ticks = [
            i * step
            for i in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)
        ]
        if len(ticks) > 1:  # one tick alone says nothing
            return ticks
    return [low, high]


def _log_ticks(low: float, high: float, most: float) -> list[float]:
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    # As many as there is room for, the roundest last to go.
    for steps in ((1, 1.5, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,)):
        ticks = [m * 10.0**d for d in decades for m in steps if low <= m * 10.0**d <= high]
        if len(ticks) <= most + 1:
            return ticks if len(ticks) > 1 else [low * 1.02, high / 1.02]
    return ticks[:: math.ceil(len(ticks) / most)]
