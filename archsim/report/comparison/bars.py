"""What every scheme's energy and area are made of: a bar of shares a scheme, and the total on a
logarithmic axis beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from archsim.report.comparison.view import ComparisonView
from archsim.report.drawing import format as fmt
from archsim.report.drawing.drawing import (
    Circle,
    Drawing,
    Line,
    Rect,
    Text,
    add_legend,
    fit_text,
    text_width,
)
from archsim.report.drawing.frame import Strip
from archsim.report.drawing.palette import label, token
from archsim.report.drawing.scale import scale_of

_STEP = 22.0
_NAMED = 0.03  # parts below this share of every scheme are drawn together as the rest
_REST = "others"


@dataclass(frozen=True, slots=True)
class Breakdown:
    """One figure: kind of ComparisonView.parts, the total's column, low and high, words, how to
    write a value, its axis' unit.
    """

    kind: str
    total: str
    low: str
    high: str
    words: str
    write: Callable[[float], str]
    unit: str


def _joules(value: float) -> str:
    return fmt.si(value, "J", 3)


def _area(value: float) -> str:
    return fmt.area(value, 3)


_ENERGY = ("energy_per_image_j", "energy_low_per_image_j", "energy_high_per_image_j")
BREAKDOWNS = {
    "energy_by_component": Breakdown(
        "component", *_ENERGY, "Energy an image by component", _joules, "J"
    ),
    "energy_by_phase": Breakdown("phase", *_ENERGY, "Energy an image by phase", _joules, "J"),
    "area_by_component": Breakdown(
        "area", "area_mm2", "area_low_mm2", "area_high_mm2", "Area by component", _area, "mm²"
    ),
}


def draw_breakdown(view: ComparisonView, name: str, width: float) -> Drawing | None:
    """Shares of the total of every scheme, least total first. None where no scheme has any."""
    made = BREAKDOWNS[name]
    schemes = [
        (row, parts)
        for row, parts in zip(view.rows, view.parts(made.kind))
        if (row[made.total] or 0) > 0 and sum(parts.values()) > 0
    ]
    if not schemes:
        return None
    # Shares hide totals, so the order tells them: the cheapest first.
    schemes.sort(key=lambda item: item[0][made.total])
    order, rest = _order([parts for _, parts in schemes], ranked=made.kind != "phase")
    # A phone has no room for the axis of totals: there they are numbers at the end of each bar.
    narrow = width < 600
    size = 11.0 if narrow else 12.0
    left = min(0.3 * width, max(text_width(row["name"], size) for row, _ in schemes) + 10)
    numbers = [made.write(row[made.total]) for row, _ in schemes]
    room = max(text_width(text, 11) for text in numbers) + 10 if narrow else 0.36 * (width - left)
    kind = "phase" if made.kind == "phase" else "role"
    drawing = Drawing(width, 0, f"{made.words} of {len(schemes)} schemes")
    legend = [(label(part), token(kind, part)) for part in order] + (
        [(_REST, "line")] if rest else []
    )
    top = add_legend(drawing, legend, 0, 2, width, 11) + 24
    bar = width - left - room - (0 if narrow else 44)
    bottom = top + _STEP * len(schemes)
    drawing.add(Text(left, top - 8, "share of the total", size=11, bold=True))
    for share in (0, 25, 50, 75, 100):
        x = left + bar * share / 100
        drawing.add(
            Line(x, top, x, bottom, "grid"),
            Text(x, bottom + 15, f"{share} %", "middle", 11, "soft"),
        )
    for index, (row, parts) in enumerate(schemes):
        y = top + _STEP * index
        drawing.add(Text(left - 8, y + 15, fit_text(row["name"], left - 10, size), "end", size))
        _stack(drawing, row, parts, order, kind, made, Strip(left, y + 3, bar))
    if narrow:
        for index, text in enumerate(numbers):
            drawing.add(Text(width, top + _STEP * index + 15, text, "end", 11, "soft"))
    else:
        _totals(drawing, made, [row for row, _ in schemes], numbers, Strip(width - room, top, room))
    drawing.height = bottom + 22
    return drawing


def _order(schemes: Sequence[Mapping[str, float]], ranked: bool) -> tuple[list[str], bool]:
    """The parts that reach a share worth a name, the largest on average first where `ranked`;
    whether anything is left over.
    """
    shares: dict[str, list[float]] = {}
    for parts in schemes:
        total = sum(parts.values())
        for part, value in parts.items():
            shares.setdefault(part, []).append(value / total)
    # The order of phases is fixed, that of components follows what they take.
    # By the largest share in any scheme: what one scheme is made of must not vanish because the
    # others lack it.
    named = [part for part, values in shares.items() if max(values) >= _NAMED]
    rest = any(max(values) > 0 for part, values in shares.items() if part not in named)
    return sorted(named, key=lambda part: (-sum(shares[part]), part)) if ranked else named, rest


def _stack(
    drawing: Drawing,
    row: dict,
    parts: Mapping[str, float],
    order: Sequence[str],
    kind: str,
    made: Breakdown,
    strip: Strip,
) -> None:
    x, y, bar = strip
    total = sum(parts.values())
    pieces = [(label(part), parts.get(part, 0.0), token(kind, part)) for part in order]
    # A line of the grid's colour: the rest is no part, and a colour would name it.
    pieces.append((_REST, sum(value for part, value in parts.items() if part not in order), "line"))
    for part, value, colour in pieces:
        if value > 0:
            tip = f"{row['number']}. {row['name']}\n{part} {made.write(value)}, {fmt.percent(value / total)}"
            drawing.add(Rect(x, y, bar * value / total, _STEP - 6, colour, tip))
            x += bar * value / total


def _totals(
    drawing: Drawing, made: Breakdown, rows: Sequence[dict], numbers: Sequence[str], strip: Strip
) -> None:
    """Totals with what low and high prices make of them."""
    left, top, width = strip
    # The numbers stand in one column behind the axis, to be read from top to bottom.
    width -= max(text_width(text, 11) for text in numbers) + 12
    bottom = top + _STEP * len(rows)
    scale = scale_of(
        [
            row[key]
            for row in rows
            for key in (made.total, made.low, made.high)
            if (row[key] or 0) > 0
        ],
        width,
        made.unit,
        True,
    )
    drawing.add(Text(left, top - 8, f"total, {scale.unit}", size=11, bold=True))
    for x, text in scale.ticks(44):
        drawing.add(
            Line(left + x, top, left + x, bottom, "grid"),
            Text(left + x, bottom + 15, text, "middle", 11, "soft"),
        )
    for index, (row, text) in enumerate(zip(rows, numbers)):
        y = top + _STEP * index + _STEP / 2
        low, high = (row[made.low], row[made.high])
        tip = f"{row['number']}. {row['name']}\n{text}"
        # A logarithmic axis has no place for zero.
        if low is not None and high is not None and low > 0:
            drawing.add(Line(left + scale.place(low), y, left + scale.place(high), y, "soft", 1.4))
            tip += f"\nprices: {made.write(low)} to {made.write(high)}"
        drawing.add(
            Circle(left + scale.place(row[made.total]), y, 4.0, "accent", tip),
            Text(left + width + 12, y + 4, text, size=11, fill="soft"),
        )
