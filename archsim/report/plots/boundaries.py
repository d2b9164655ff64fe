"""The three boundaries: the same run as macro, chip and system, stacked by component."""

from __future__ import annotations

from archsim.report.drawing import format as fmt
from archsim.report.drawing.axes import linear_axis
from archsim.report.drawing.drawing import Drawing, Rect, Text, add_legend, text_width
from archsim.report.drawing.palette import token
from archsim.report.run.view import View

_NAMED = 0.02  # components below this share of area and of energy are drawn, but not in the legend


def draw_boundaries(view: View, width: float) -> Drawing | None:
    """Area (mm2) and energy (J) at the three boundaries. None where nothing has either.

    What lies inside a smaller boundary is stacked first, so that equal lengths stand under each
    other.
    """
    names = ("macro", "chip", "system")
    rows = sorted(
        (row for row in view.components if row.area_mm2 > 0 or row.energy_j > 0),
        key=lambda row: names.index(row.boundary),
    )
    if not rows:
        return None
    drawing = Drawing(width, 0, f"Area and energy of {view.title} at the three boundaries")
    left = 54.0
    y = 12.0
    named = set()
    panels = (
        ("Area", lambda row: row.area_mm2, lambda value: fmt.area(value, 3)),
        ("Energy", lambda row: row.energy_j, lambda value: fmt.si(value, "J", 3)),
    )
    for title, pick, write in panels:
        inside = {
            name: [
                row
                for row in rows
                # Nested: the chip holds the macro, the system both.
                if names.index(row.boundary) <= names.index(name) and pick(row) > 0
            ]
            for name in names
        }
        totals = {name: sum(pick(row) for row in inside[name]) for name in names}
        numbers = {name: write(value) for name, value in totals.items()}
        axis = linear_axis(
            max(totals.values()), width - left - max(map(text_width, numbers.values())) - 12, ""
        )
        drawing.add(Text(0, y, title, bold=True))
        for index, name in enumerate(names):
            x = left
            top = y + 6 + 24 * index
            drawing.add(Text(left - 8, top + 15, name, "end"))
            for row in inside[name]:
                length = axis.place(pick(row))
                tip = f"{name}: {row.label} {write(pick(row))}, {fmt.percent(pick(row) / totals[name])}"
                drawing.add(Rect(x, top + 2, length, 18, token("role", row.role), tip))
                x += length
                # Named where it matters in any of the bars; the tip has all.
                if pick(row) >= _NAMED * totals[name]:
                    named.add(row.role)
            drawing.add(Text(x + 8, top + 15, numbers[name], fill="soft"))
        y += 6 + 24 * len(names) + 24
    legend = [(row.label, token("role", row.role)) for row in rows if row.role in named]
    drawing.height = y - 12 + add_legend(drawing, legend, 0, y - 12, width, 11)
    return drawing
