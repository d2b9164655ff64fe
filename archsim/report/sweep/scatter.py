"""The Pareto plot of two objectives and the bands of the designs near the front."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from archsim.report.drawing import format as fmt
from archsim.report.drawing.drawing import (
    Circle,
    Dots,
    Drawing,
    Line,
    Text,
    add_legend,
    fit_text,
    text_width,
)
from archsim.report.drawing.format import is_number
from archsim.report.drawing.frame import frame, step_line, with_unit
from archsim.report.drawing.scale import Scale, scale_of
from archsim.report.sweep.view import SweepView

_ROWS = 30


def draw_pareto(view: SweepView, first: int, second: int, width: float) -> Drawing | None:
    """Objective `second` over objective `first`: every design, the front, the knee and its bands.
    None where nothing is known.
    """
    one, two = view.objectives[first]["path"], view.objectives[second]["path"]
    rows = [row for row in view.points if is_number(row.get(one)) and is_number(row.get(two))]
    if not rows:
        return None
    behind = [
        row for row in view.document["below"] if is_number(row.get(one)) and is_number(row.get(two))
    ]
    left = 62.0
    right = 14.0
    top = 30.0
    height = 380.0 if width > 800 else 300.0
    across = scale_of([row[one] for row in rows + behind], width - left - right, view.unit(one))
    upward = scale_of([row[two] for row in rows + behind], height, view.unit(two))
    title = f"{view.name(two)} over {view.name(one)}, {len(rows)} designs, {len(view.front)} on the front"
    drawing = Drawing(width, top + height + 44, title)
    undecided = any(view.undecided(row["point"]) for row in rows)
    legend = [
        ("front", "accent"),
        *([("undecided", "warn")] if undecided else []),
        ("dominated", "soft"),
        *([("not promoted", "line")] if behind else []),
    ]
    add_legend(drawing, legend, left, 4, width - left)
    frame(drawing, across, upward, left, top, (view.name(one), view.name(two)))
    bottom = top + height

    def at(row: dict) -> tuple[float, float]:
        return left + across.place(row[one]), bottom - upward.place(row[two])

    drawing.add(*_cloud([at(row) for row in behind], 2.0, "line"))
    front = [row for row in view.front if is_number(row.get(one)) and is_number(row.get(two))]
    # With three and more the front is a surface: its designs have no order along a line.
    if len(view.objectives) == 2:
        step_line(drawing, sorted(at(row) for row in front))
    for row in front:
        _cross(drawing, view, row, (one, two), at(row), (across, upward), (left, bottom))
    plain = [row for row in rows if row["point"] not in view.on_front]
    radius = (2.0 if width > 420 else 1.5) if len(plain) > 400 else 3.2 if width > 420 else 2.6
    # The undecided last, over the many that are not.
    for undecided, colour in ((False, "soft"), (True, "warn")):
        own = [row for row in plain if view.undecided(row["point"]) == undecided]
        drawing.add(
            *_cloud([at(row) for row in own], radius, colour, [str(row["point"]) for row in own])
        )
    for row in front:
        x, y = at(row)
        if row["point"] == view.document["knee"]:
            drawing.add(Circle(x, y, 9, "ink"), Circle(x, y, 7, "card"))
        drawing.add(
            Circle(
                x, y, 5, "warn" if view.undecided(row["point"]) else "accent", f"#{row['point']}"
            )
        )
    _name_knee(drawing, view, front, at, width - right)
    return drawing


def _cloud(
    points: list[tuple[float, float]], radius: float, fill: str, names: Sequence[str] = ()
) -> list[Dots]:
    return [Dots(tuple(points), radius, fill, tuple(names))] if points else []


def _cross(
    drawing: Drawing,
    view: SweepView,
    row: dict,
    paths: tuple[str, str],
    mark: tuple[float, float],
    scales: tuple[Scale, Scale],
    origin: tuple[float, float],
) -> None:
    bands = view.verdicts.get(row["point"], {}).get("bands", {})
    for path, scale, upright in zip(paths, scales, (False, True)):
        if path in bands and bands[path][2] > bands[path][0]:
            low = scale.place(bands[path][0])
            high = scale.place(bands[path][2])
            x, y = mark
            ends = (
                (x, origin[1] - low, x, origin[1] - high)
                if upright
                else (origin[0] + low, y, origin[0] + high, y)
            )
            drawing.add(Line(*ends, "line", 1.0))


def _name_knee(
    drawing: Drawing,
    view: SweepView,
    front: list[dict],
    at: Callable[[dict], tuple[float, float]],
    right: float,
) -> None:
    for row in front:
        if row["point"] == view.document["knee"]:
            x, y = at(row)
            text = fit_text(f"knee #{row['point']}", 150, 11)
            wide = text_width(text, 11)
            drawing.add(
                Text(
                    x + 12 if x + 12 + wide < right else x - 12 - wide,
                    y - 9,
                    text,
                    size=11,
                    bold=True,
                    halo=True,
                )
            )


def draw_bands(view: SweepView, width: float) -> Drawing | None:
    """For the designs on and near the front: median and 5 to 95 % of every objective, and the share
    of draws on the front.
    """
    designs = [
        row for row in view.document["uncertainty"] if row["front_share"] > 0.01 or row["on_front"]
    ][:_ROWS]
    if not designs:
        return None
    paths = [
        o["path"] for o in view.objectives if all(o["path"] in row["bands"] for row in designs)
    ]
    designs.sort(key=lambda row: row["bands"][paths[0]][1])
    label = 52.0
    share = 62.0
    gap = 22.0
    line = 19.0
    panel = (width - label - share - gap * len(paths)) / len(paths)
    top = 26.0
    height = line * len(designs)
    drawing = Drawing(
        width, top + height + 40, f"Bands of {len(designs)} designs over the spread of the figures"
    )
    drawing.add(
        Text(0, 14, "design", size=11, fill="soft"),
        Text(width, 14, "on the front", "end", 11, "soft"),
    )
    for number, path in enumerate(paths):
        left = label + number * (panel + gap)
        scale = scale_of(
            [value for row in designs for value in row["bands"][path]], panel, view.unit(path)
        )
        drawing.add(
            Text(
                left,
                14,
                fit_text(with_unit(view.name(path), scale), panel + gap - 6, 11, bold=True),
                size=11,
                bold=True,
            )
        )
        for x, text in scale.ticks(46):
            drawing.add(
                Line(left + x, top - 4, left + x, top + height, "grid"),
                Text(left + x, top + height + 14, text, "middle", 10, "soft"),
            )
        for order, row in enumerate(designs):
            y = top + line * (order + 0.5)
            low, middle, high = row["bands"][path]
            colour = _colour(row)
            drawing.add(Line(left + scale.place(low), y, left + scale.place(high), y, colour, 2.0))
            tip = f"#{row['point']} {view.name(path)}\n{view.write(path, middle)}, 5 to 95 %: "
            tip += f"{view.write(path, low)} to {view.write(path, high)}"
            drawing.add(Circle(left + scale.place(middle), y, 4.0, colour, tip))
    for order, row in enumerate(designs):
        y = top + line * (order + 0.5) + 4
        drawing.add(
            Text(0, y, f"#{row['point']}", size=11),
            Text(width, y, fmt.percent(row["front_share"]), "end", 11, _colour(row)),
        )
    return drawing


def _colour(row: dict) -> str:
    return (
        "warn"
        if row["verdict"] == "undecided"
        else "accent"
        if row["verdict"] == "front"
        else "soft"
    )
