"""Energy and time by layer and phase: two panels of stacked bars that share the layer names, in
network order.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from archsim.report.drawing import format as fmt
from archsim.report.drawing.axes import linear_axis
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
from archsim.report.run.view import SHARED, LayerRow, View

_MOST = 200
_TALLEST = 900.0


def shown_layers(view: View, most: int = _MOST) -> list[LayerRow]:
    """Layers in network order, `shared` last; of a very long network, neighbours together so that
    at most `most` rows remain.
    """
    layers = [row for row in view.layers if row.layer != SHARED]
    shared = [row for row in view.layers if row.layer == SHARED]
    together = -(-len(layers) // most)
    if together > 1:
        layers = [
            _merge(layers[index : index + together]) for index in range(0, len(layers), together)
        ]
    return layers + shared


def _merge(rows: list[LayerRow]) -> LayerRow:
    energy, cycles = {}, {}
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
    drawing = Drawing(
        width, 0, f"Energy{' and cycles' if timed else ''} by layer and phase of {view.title}"
    )
    legend = add_legend(
        drawing, [(phase, token("phase", phase)) for phase in view.phases], left, 2, width - left
    )
    top = legend + 26
    panel = (width - left) / (2 if timed else 1)
    places = []
    for index, row in enumerate(rows):
        apart = (
            row.layer == SHARED and step < 14
        )  # thin rows: `shared` gets a gap and a row of readable height
        y, height = top + index * step + (10 if apart else 0), 14.0 if apart else step
        places.append((y, height))
        if apart or index % every == 0:
            drawing.add(Text(left - 8, y + height / 2 + 4, fit_text(row.layer, left - 10), "end"))
    numbered = not narrow and every == 1
    _panel(
        drawing, rows, places, "Energy", "J", lambda row: row.energy_j, left, panel - 14, numbered
    )
    if timed:
        _panel(
            drawing,
            rows,
            places,
            "Time",
            "cycles",
            lambda row: row.cycles,
            left + panel,
            panel - 14,
            numbered,
        )
    drawing.height = sum(places[-1]) + 24
    return drawing


def _panel(
    drawing: Drawing,
    rows: list[LayerRow],
    places: list[tuple[float, float]],
    title: str,
    unit: str,
    pick: Callable[[LayerRow], dict[str, float]],
    left: float,
    width: float,
    numbered: bool,
) -> None:
    def write(value: float) -> str:
        return (
            fmt.si(value, "J", 3)
            if unit == "J"
            else (fmt.si(value, "") if value >= 1e5 else fmt.whole(value)).strip()
        )

    sums = [sum(pick(row).values()) for row in rows]
    room = max(text_width(write(value)) for value in sums) + 8 if numbered else 4
    # what is shared may dwarf every layer: its bar then runs off the scale, so that the layers stay
    # readable
    layers = [amount for row, amount in zip(rows, sums) if row.layer != SHARED]
    largest = max(layers) if layers and 0 < 3 * max(layers) < max(sums) else max(sums)
    axis = linear_axis(largest, width - room, unit, 70, unit == "J" or largest >= 1e5)
    top, bottom = places[0][0], sum(places[-1])
    unit_text = (
        axis.unit
        if unit == "J"
        else (f"{axis.unit[0]} cycles" if axis.unit != "cycles" else "cycles")
    )
    drawing.add(Text(left, top - 9, f"{title}, {unit_text}", bold=True))
    for tick in axis.ticks:
        x = left + axis.place(tick)
        drawing.add(
            Line(x, top, x, bottom, "grid"),
            Text(x, bottom + 15, axis.label(tick), "middle", 11, "soft"),
        )
    drawing.add(Line(left, top, left, bottom))
    for index, row in enumerate(rows):
        x, (y, height) = left, places[index]
        gap = 3.0 if height >= 14 else 0.5
        for phase, value in pick(row).items():
            length = min(axis.place(value), axis.length)
            if value > 0:
                tip = f"{row.layer}, {phase}: {write(value)}{'' if unit == 'J' else ' cycles'}"
                drawing.add(
                    Rect(
                        x, y + gap, max(length, 0.75), height - 2 * gap, token("phase", phase), tip
                    )
                )
                if value > axis.top * 1.0001:
                    _break(drawing, x + length - 26, y + 1, height - 2)
            x += length
        if numbered:
            drawing.add(Text(x + 6, y + height / 2 + 4, write(sums[index]), fill="soft", size=11))


def _break(drawing: Drawing, x: float, y: float, height: float) -> None:
    """Two slanted cuts through a bar that runs off the scale."""
    for shift in (0, 7):
        drawing.add(Line(x + shift, y + height, x + shift + 6, y, "card", 3))
