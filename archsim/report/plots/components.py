"""Area and energy by component: horizontal bars, largest first, named at the left and numbered at
the right.
"""

from __future__ import annotations

from collections.abc import Callable

from archsim.report.drawing import format as fmt
from archsim.report.drawing.axes import linear_axis
from archsim.report.drawing.drawing import Drawing, Line, Rect, Text, fit_text, text_width
from archsim.report.drawing.palette import token
from archsim.report.run.rows import ComponentRow
from archsim.report.run.view import View

_ROW = 24
_MOST = 16


def draw_area(view: View, width: float) -> Drawing | None:
    """Area of the chip by component, mm2. None where nothing has an area."""
    rows = sorted(
        (row for row in view.chip_components if row.area_mm2 > 0), key=lambda row: -row.area_mm2
    )
    if not rows:
        return None
    total = sum(row.area_mm2 for row in rows)
    factor, unit = (1e6, "µm²") if total < 1e-3 else (1.0, "mm²")

    def parts(row: ComponentRow) -> list[tuple[float, float, str]]:
        return [
            (
                row.area_mm2 * factor,
                1.0,
                f"{row.label}: {fmt.area(row.area_mm2)}, {fmt.percent(row.area_mm2 / total)} of the chip",
            )
        ]

    return _bars(
        f"Area by component of {view.title}, {unit}",
        rows,
        parts,
        total * factor,
        width,
        unit,
        False,
        lambda value: fmt.area(value / factor, 3),
    )


def draw_energy(view: View, width: float) -> Drawing | None:
    """Energy of the run inside the chip by component, dynamic and static apart. None where no
    energy was counted.
    """
    rows = sorted(
        (row for row in view.chip_components if row.energy_j > 0), key=lambda row: -row.energy_j
    )
    if not rows:
        return None
    total = sum(row.energy_j for row in rows)

    def parts(row: ComponentRow) -> list[tuple[float, float, str]]:
        share = f"{row.label}: {fmt.si(row.energy_j, 'J')}, {fmt.percent(row.energy_j / total)} of the chip"
        return [
            (row.dynamic_energy_j, 1.0, f"{share}\ndynamic {fmt.si(row.dynamic_energy_j, 'J')}"),
            (
                row.static_energy_j,
                0.45,
                f"{share}\nstatic (leakage) {fmt.si(row.static_energy_j, 'J')}",
            ),
        ]

    return _bars(
        f"Energy by component of {view.title}, J",
        rows,
        parts,
        total,
        width,
        "J",
        True,
        lambda value: fmt.si(value, "J", 3),
    )


def _key(drawing: Drawing, left: float) -> None:
    """What the full and the light part of a bar are."""
    drawing.add(
        Rect(left, 3, 11, 11, "soft"),
        Text(left + 16, 13, "dynamic", fill="soft"),
        Rect(left + 76, 3, 11, 11, "soft", opacity=0.45),
        Text(left + 92, 13, "static", fill="soft"),
    )


def _bars(
    title: str,
    rows: list[ComponentRow],
    parts: Callable[[ComponentRow], list[tuple[float, float, str]]],
    total: float,
    width: float,
    unit: str,
    prefixed: bool,
    write: Callable[[float], str],
) -> Drawing:
    # The largest: what is left is a line together, with its names in the tip.
    shown = rows[:_MOST]
    rest = rows[_MOST:]
    lines = [(row.label, token("role", row.role), parts(row)) for row in shown]
    if rest:
        amount = sum(sum(part[0] for part in parts(row)) for row in rest)
        lines.append(
            (
                f"{len(rest)} smaller ones",
                "idle",
                [(amount, 1.0, ", ".join(row.label for row in rest))],
            )
        )
    sums = [sum(part[0] for part in line[2]) for line in lines]
    numbers = [f"{write(amount)} · {fmt.percent(amount / total)}" for amount in sums]
    left = min(0.36 * width, max(text_width(line[0]) for line in lines) + 10)
    right = max(text_width(text) for text in numbers) + 8
    stacked = any(part[1] < 1 and part[0] > 0 for line in lines for part in line[2])
    top = 26.0 if stacked else 4.0
    axis = linear_axis(max(sums), width - left - right, unit, 70, prefixed)
    drawing = Drawing(width, top + _ROW * len(lines) + 24, title)
    if stacked:
        _key(drawing, left)
    bottom = top + _ROW * len(lines)
    for tick in axis.ticks:
        x = left + axis.place(tick)
        drawing.add(
            Line(x, top, x, bottom, "grid"),
            Text(x, bottom + 15, axis.label(tick), "middle", 11, "soft"),
        )
    drawing.add(Text(width, bottom + 15, axis.unit, "end", 11, "soft"))
    for index, ((name, colour, pieces), text) in enumerate(zip(lines, numbers)):
        y = top + index * _ROW
        x = left
        drawing.add(Text(left - 8, y + 16, fit_text(name, left - 10), "end"))
        # Under the pieces lies one of the card's colour: no grid through the light part
        drawing.add(Rect(x, y + 3, axis.place(sum(piece[0] for piece in pieces)), _ROW - 7, "card"))
        for amount, opacity, tip in pieces:
            length = axis.place(amount)
            drawing.add(
                # A part that is there is seen, however small.
                Rect(
                    x, y + 3, max(length, 0.75 if amount > 0 else 0), _ROW - 7, colour, tip, opacity
                )
            )
            x += length
        drawing.add(Text(max(x, left + 1) + 6, y + 16, text, fill="soft"))
    return drawing
