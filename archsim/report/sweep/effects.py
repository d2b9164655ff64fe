"""What drives an objective: its mean along every axis, and the strongest pair of axes."""

from __future__ import annotations

from archsim.report.drawing.drawing import Circle, Drawing, Line, Text, add_legend, fit_text
from archsim.report.drawing.frame import Strip
from archsim.report.drawing.scale import Scale, scale_of
from archsim.report.sweep.sensitivity import even_columns
from archsim.report.sweep.view import SweepView

LINES = (
    "kind-measured",
    "kind-scaled",
    "kind-simulated",
    "kind-assumed",
    "state-dependency",
    "spare-2",
    "spare-0",
    "state-instruction",
    "spare-4",
    "spare-5",
    "spare-1",
    "spare-3",
)


def draw_effects(view: SweepView, width: float) -> Drawing | None:
    """Small multiples: the mean (geometric where logarithmic) and the middle half of every
    objective along every axis.
    """
    varying = {axis["path"] for axis in view.axes}
    entries = [entry for entry in view.document["analysis"] if entry["effects"]]
    effects = entries[0]["effects"] if entries else []
    paths = [
        effect["axis"]
        for effect in effects
        if effect["axis"] in varying and len(effect["rows"]) > 1
    ]
    if not paths:
        return None
    columns = even_columns(len(paths), int((width - 46) // 142))
    wide = (width - 46) / columns
    high = 128.0
    left = 46.0
    blocks = -(-len(paths) // columns)
    drawing = Drawing(
        width,
        len(entries) * (blocks * high + 26) + 6,
        "Main effects: every objective along every axis",
    )
    top = 0.0
    for entry in entries:
        effects = {effect["axis"]: effect["rows"] for effect in entry["effects"]}
        rows = [row for path in paths for row in effects[path]]
        scale = scale_of(
            [row[key] for row in rows for key in ("low", "high", "mean")],
            high - 52,
            view.unit(entry["objective"]),
        )
        title = (
            f"{view.name(entry['objective'])}{', ' + scale.unit if scale.unit else ''} (rung "
            f"{entry['rung'].split('(')[0]})"
        )
        drawing.add(Text(0, top + 16, title, bold=True))
        for order, path in enumerate(paths):
            x = left + (order % columns) * wide
            y = top + 26 + (order // columns) * high
            _effect(
                drawing,
                view,
                effects[path],
                path,
                scale,
                Strip(x, y, wide),
                order % columns == 0,
                entry["objective"],
            )
        top += blocks * high + 26
    return drawing


def _effect(
    drawing: Drawing,
    view: SweepView,
    rows: list[dict],
    path: str,
    scale: Scale,
    strip: Strip,
    labelled: bool,
    objective: str,
) -> None:
    x, y, wide = strip
    bottom = y + scale.length + 4
    inner = wide - 16
    for tick, text in scale.ticks(22):
        drawing.add(Line(x, bottom - tick, x + inner, bottom - tick, "grid"))
        if labelled:
            drawing.add(Text(x - 5, bottom - tick + 4, text, "end", 10, "soft"))
    step = inner / len(rows)
    marks = []
    for order, row in enumerate(rows):
        middle = x + step * (order + 0.5)
        low = bottom - scale.place(row["low"])
        high = bottom - scale.place(row["high"])
        drawing.add(Line(middle, low, middle, high, "line", min(7.0, step / 2)))
        marks.append((middle, bottom - scale.place(row["mean"])))
    drawing.add(*(Line(*a, *b, "accent", 1.6) for a, b in zip(marks, marks[1:])))
    # Some thirty pixels a label: the others keep their tips.
    every = max(1, round(len(rows) * 30 / inner + 0.4))
    for order, (row, mark) in enumerate(zip(rows, marks)):
        mean = view.write(objective, row["mean"])
        tip = (
            f"{path} = {row['value']}\nmean {mean}, middle half {view.write(objective, row['low'])} to "
            f"{view.write(objective, row['high'])}\n{row['points']} points"
        )
        drawing.add(Circle(*mark, 3.6, "accent", tip))
        if order % every == 0:
            drawing.add(
                Text(
                    mark[0],
                    bottom + 14,
                    fit_text(row["value"], step * every, 10),
                    "middle",
                    10,
                    "soft",
                )
            )
    drawing.add(
        Text(x + inner / 2, bottom + 30, fit_text(view.short(path), inner, 11), "middle", 11)
    )


def draw_interactions(view: SweepView, width: float) -> Drawing | None:
    """For every objective its strongest pair of axes: one line a value of the second, over the
    first.
    """
    entries = [entry for entry in view.document["analysis"] if entry["interaction"]]
    if not entries:
        return None
    columns = even_columns(len(entries), 3 if width > 800 else 2 if width > 480 else 1)
    gap = 20.0
    high = 270.0
    panel = (width - gap * (columns - 1)) / columns
    drawing = Drawing(
        width, high * -(-len(entries) // columns), "Strongest interactions of two axes"
    )
    for number, entry in enumerate(entries):
        _interaction(
            drawing,
            view,
            entry,
            (number % columns) * (panel + gap),
            (number // columns) * high,
            panel,
        )
    return drawing


def _interaction(
    drawing: Drawing, view: SweepView, entry: dict, left: float, top: float, width: float
) -> None:
    rows = entry["interaction"]["rows"]
    first, second = entry["interaction"]["axes"]
    names, lines = (list(dict.fromkeys(row[key] for row in rows)) for key in ("first", "second"))
    scale = scale_of([row["mean"] for row in rows], 138.0, view.unit(entry["objective"]))
    title = f"{view.name(entry['objective'])}{', ' + scale.unit if scale.unit else ''}"
    drawing.add(Text(left, top + 14, fit_text(title, width, bold=True), bold=True))
    used = add_legend(
        drawing,
        [
            (f"{view.short(second)} {name}" if order == 0 else name, LINES[order % len(LINES)])
            for order, name in enumerate(lines)
        ],
        left,
        top + 24,
        width,
        11,
    )
    start = left + 44
    inner = width - 52
    bottom = top + 34 + max(38.0, used) + scale.length
    for tick, text in scale.ticks(36):
        drawing.add(
            Line(start, bottom - tick, start + inner, bottom - tick, "grid"),
            Text(start - 5, bottom - tick + 4, text, "end", 10, "soft"),
        )
    step = inner / len(names)
    for order, name in enumerate(names):
        drawing.add(
            Text(
                start + step * (order + 0.5),
                bottom + 14,
                fit_text(name, step, 10),
                "middle",
                10,
                "soft",
            )
        )
    drawing.add(Text(start + inner / 2, bottom + 30, view.short(first), "middle", 11))
    for number, line in enumerate(lines):
        colour = LINES[number % len(LINES)]
        own = [row for row in rows if row["second"] == line]
        marks = [
            (
                start + step * (names.index(row["first"]) + 0.5),
                bottom - scale.place(row["mean"]),
                row,
            )
            for row in own
        ]
        drawing.add(*(Line(a[0], a[1], b[0], b[1], colour, 1.6) for a, b in zip(marks, marks[1:])))
        for x, y, row in marks:
            tip = (
                f"{first} = {row['first']}, {second} = {line}\nmean "
                f"{view.write(entry['objective'], row['mean'])}, {row['points']} points"
            )
            drawing.add(Circle(x, y, 3.4, colour, tip))
