"""Energy and time by layer and phase: two panels of stacked bars that share the layer names, in
network order.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from archsim.report.drawing import format as fmt
from archsim.report.drawing.axes import PlotAxis, linear_axis
from archsim.report.drawing.drawing import (
    Drawing,
    Line,
    Rect,
    Text,
    add_legend,
    fit_text,
    text_width,
)
from archsim.report.drawing.palette import token
from archsim.report.run.rows import LayerRow
from archsim.report.run.view import SHARED, View

_MOST = 200
_TALLEST = 900.0


def shown_layers(view: View, most: int = _MOST) -> list[LayerRow]:
    """Layers in network order, `shared` last; of a very long network, neighbours together so that
    at most `most` rows remain.
    """
    layers = [row for row in view.layers if row.layer != SHARED]
    shared = [row for row in view.layers if row.layer == SHARED]
    # Neighbours, not the smallest: a place in the network still is one on the page.
    together = -(-len(layers) // most)
    if together > 1:
        layers = [
            _merge(layers[index : index + together]) for index in range(0, len(layers), together)
        ]
    return layers + shared


def _merge(rows: list[LayerRow]) -> LayerRow:
    energy: dict[str, float] = {}
    cycles: dict[str, int] = {}
    for row in rows:
        for phase, value in row.energy_j.items():
            energy[phase] = energy.get(phase, 0.0) + value
        for phase, value in row.cycles.items():
            cycles[phase] = cycles.get(phase, 0) + value
    name = f"{rows[0].layer} to {rows[-1].layer}" if len(rows) > 1 else rows[0].layer
    return LayerRow(
        name,
        energy,
        cycles,
        sum(r.stall_cycles for r in rows),
        sum(r.tile_operations for r in rows),
    )


@dataclass(frozen=True, slots=True)
class _Bar:
    """Where the bar of a layer stands: its upper edge and the height of its row, in pixels."""

    row: LayerRow
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class _Panel:
    """One of the two panels: a quantity of every layer by phase, from `left` on `width` pixels."""

    title: str
    unit: str
    pick: Callable[[LayerRow], Mapping[str, float]]
    left: float
    width: float
    numbered: bool

    def write(self, value: float) -> str:
        """A number of the panel for people."""
        if self.unit == "J":
            return fmt.si(value, "J", 3)
        return (fmt.si(value, "") if value >= 1e5 else fmt.count(value)).strip()

    def total(self, bar: _Bar) -> float:
        """The quantity of a layer over all phases."""
        return sum(self.pick(bar.row).values())


def draw_layers(view: View, width: float) -> Drawing | None:
    """Energy (J) and cycles by layer, stacked by phase. None where no layer has any energy."""
    rows = shown_layers(view)
    if not any(row.total_energy_j > 0 for row in rows):
        return None
    timed = any(row.cycles for row in rows)
    narrow = width < 500
    step = 24.0 if len(rows) <= 16 else max(4.5, min(18.0, _TALLEST / len(rows)))
    every = math.ceil(13 / step)  # names and numbers stand on every so many rows
    left = min((0.3 if narrow else 0.2) * width, max(text_width(row.layer) for row in rows) + 10)
    title = f"Energy{' and cycles' if timed else ''} by layer and phase of {view.title}"
    drawing = Drawing(width, 0, title)
    phases = [(phase, token("phase", phase)) for phase in view.phases]
    top = add_legend(drawing, phases, left, 2, width - left) + 26
    bars = []
    for index, row in enumerate(rows):
        # thin rows: `shared` gets a gap and a row of readable height
        apart = row.layer == SHARED and step < 14
        bar = _Bar(row, top + index * step + (10 if apart else 0), 14.0 if apart else step)
        bars.append(bar)
        if apart or index % every == 0:
            name = fit_text(row.layer, left - 10)
            drawing.add(Text(left - 8, bar.y + bar.height / 2 + 4, name, "end"))
    numbered = not narrow and every == 1
    wide = (width - left) / (2 if timed else 1)
    panel = _Panel("Energy", "J", lambda row: row.energy_j, left, wide - 14, numbered)
    _draw_panel(drawing, bars, panel)
    if timed:
        panel = _Panel("Time", "cycles", lambda row: row.cycles, left + wide, wide - 14, numbered)
        _draw_panel(drawing, bars, panel)
    drawing.height = bars[-1].y + bars[-1].height + 24
    return drawing


def _draw_panel(drawing: Drawing, bars: Sequence[_Bar], panel: _Panel) -> None:
    sums = [panel.total(bar) for bar in bars]
    numbers = max(text_width(panel.write(value)) for value in sums) + 8
    axis = _axis(bars, sums, panel, panel.width - (numbers if panel.numbered else 4))
    top = bars[0].y
    bottom = bars[-1].y + bars[-1].height
    unit = axis.unit
    if panel.unit != "J" and unit != "cycles":
        unit = f"{unit[0]} cycles"
    drawing.add(Text(panel.left, top - 9, f"{panel.title}, {unit}", bold=True))
    for tick in axis.ticks:
        x = panel.left + axis.place(tick)
        drawing.add(
            Line(x, top, x, bottom, "grid"),
            Text(x, bottom + 15, axis.label(tick), "middle", 11, "soft"),
        )
    drawing.add(Line(panel.left, top, panel.left, bottom))
    for bar, total in zip(bars, sums):
        end = _draw_bar(drawing, bar, panel, axis)
        if panel.numbered:
            middle = bar.y + bar.height / 2 + 4
            drawing.add(Text(end + 6, middle, panel.write(total), fill="soft", size=11))


def _axis(bars: Sequence[_Bar], sums: Sequence[float], panel: _Panel, length: float) -> PlotAxis:
    # what is shared may dwarf every layer: its bar then runs off the scale, so that the layers stay
    # readable
    layers = [amount for bar, amount in zip(bars, sums) if bar.row.layer != SHARED]
    dwarfed = bool(layers) and 0 < 3 * max(layers) < max(sums)
    largest = max(layers) if dwarfed else max(sums)
    return linear_axis(largest, length, panel.unit, 70, panel.unit == "J" or largest >= 1e5)


def _draw_bar(drawing: Drawing, bar: _Bar, panel: _Panel, axis: PlotAxis) -> float:
    """The phases of a layer one behind the other; where they end."""
    x = panel.left
    gap = 3.0 if bar.height >= 14 else 0.5
    for phase, value in panel.pick(bar.row).items():
        length = min(axis.place(value), axis.length)
        if value > 0:
            unit = "" if panel.unit == "J" else " cycles"
            tip = f"{bar.row.layer}, {phase}: {panel.write(value)}{unit}"
            colour = token("phase", phase)
            drawing.add(Rect(x, bar.y + gap, max(length, 0.75), bar.height - 2 * gap, colour, tip))
            if value > axis.top * 1.0001:
                _break(drawing, x + length - 26, bar.y + 1, bar.height - 2)
        x += length
    return x


def _break(drawing: Drawing, x: float, y: float, height: float) -> None:
    """Two slanted cuts through a bar that runs off the scale."""
    for shift in (0, 7):
        drawing.add(Line(x + shift, y + height, x + shift + 6, y, "card", 3))
