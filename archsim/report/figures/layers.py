"""Energy and time by layer and phase: two panels of stacked bars that share the layer names, in network order."""

from __future__ import annotations

from collections.abc import Callable

from archsim.report import format as fmt
from archsim.report.figures.axes import linear_axis
from archsim.report.figures.drawing import Drawing, Line, Rect, Text, add_legend, fit_text, text_width
from archsim.report.palette import token
from archsim.report.view import SHARED, LayerRow, View

_MOST = 40


def shown_layers(view: View, most: int = _MOST) -> list[LayerRow]:
    """Layers in network order; of a long network the costliest, with one row for all others, and `shared` last."""
    layers = [row for row in view.layers if row.layer != SHARED]
    shared = [row for row in view.layers if row.layer == SHARED]
    if len(layers) > most:
        kept = {row.layer for row in sorted(layers, key=lambda row: -row.total_energy_j)[: most - 1]}
        others = [row for row in layers if row.layer not in kept]
        layers = [row for row in layers if row.layer in kept] + [_merge(others)]
    return layers + shared


def _merge(rows: list[LayerRow]) -> LayerRow:
    energy, cycles = {}, {}
    for row in rows:
        for phase, value in row.energy_j.items():
            energy[phase] = energy.get(phase, 0.0) + value
        for phase, value in row.cycles.items():
            cycles[phase] = cycles.get(phase, 0) + value
    return LayerRow(f"{len(rows)} other layers", energy, cycles, sum(r.stall_cycles for r in rows), sum(r.tile_operations for r in rows))


def draw_layers(view: View, width: float) -> Drawing | None:
    """Energy (J) and cycles by layer, stacked by phase. None where no layer has any energy."""
    rows = shown_layers(view)
    if not any(row.total_energy_j > 0 for row in rows):
        return None
    timed = any(row.cycles for row in rows)
    narrow = width < 500
    step = 24 if len(rows) <= 16 else 18
    left = min((0.24 if narrow else 0.2) * width, max(text_width(row.layer) for row in rows) + 10)
    drawing = Drawing(width, 0, f"Energy{' and cycles' if timed else ''} by layer and phase of {view.title}")
    legend = add_legend(drawing, [(phase, token("phase", phase)) for phase in view.phases], left, 2, width - left)
    top = legend + 26
    panel = (width - left) / (2 if timed else 1)
    for index, row in enumerate(rows):
        drawing.add(Text(left - 8, top + index * step + step / 2 + 4, fit_text(row.layer, left - 10), "end"))
    _panel(drawing, rows, "Energy", "J", lambda row: row.energy_j, left, top, panel - 14, step, not narrow)
    if timed:
        _panel(drawing, rows, "Time", "cycles", lambda row: row.cycles, left + panel, top, panel - 14, step, not narrow)
    drawing.height = top + step * len(rows) + 24
    return drawing


def _panel(drawing: Drawing, rows: list[LayerRow], title: str, unit: str, pick: Callable[[LayerRow], dict[str, float]], left: float,
           top: float, width: float, step: float, numbered: bool) -> None:
    def write(value: float) -> str:
        return fmt.si(value, "J", 3) if unit == "J" else fmt.significant(value, 4)

    sums = [sum(pick(row).values()) for row in rows]
    room = max(text_width(write(value)) for value in sums) + 8 if numbered else 4
    axis = linear_axis(max(sums), width - room, unit, 70, unit == "J" or max(sums) >= 1e5)
    bottom = top + step * len(rows)
    unit_text = axis.unit if unit == "J" else (f"{axis.unit[0]} cycles" if axis.unit != "cycles" else "cycles")
    drawing.add(Text(left, top - 9, f"{title}, {unit_text}", bold=True))
    for tick in axis.ticks:
        x = left + axis.place(tick)
        drawing.add(Line(x, top, x, bottom, "grid"), Text(x, bottom + 15, axis.label(tick), "middle", 11, "soft"))
    drawing.add(Line(left, top, left, bottom))
    for index, row in enumerate(rows):
        x, y = left, top + index * step
        for phase, value in pick(row).items():
            length = axis.place(value)
            if value > 0:
                tip = f"{row.layer}, {phase}: {write(value)}{'' if unit == 'J' else ' cycles'}"
                drawing.add(Rect(x, y + 3, max(length, 0.75), step - 6, token("phase", phase), tip))
            x += length
        if numbered:
            drawing.add(Text(x + 6, y + step / 2 + 4, write(sums[index]), fill="soft", size=11))
