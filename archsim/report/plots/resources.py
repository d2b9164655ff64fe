"""Where the time goes: each resource's cycles as busy, stalled by cause, and idle."""

from __future__ import annotations

from archsim.report.drawing import format as fmt
from archsim.report.drawing.drawing import (
    Drawing,
    Line,
    Rect,
    Text,
    add_legend,
    fit_text,
    text_width,
)
from archsim.report.drawing.palette import resource_label, token
from archsim.report.run.view import STALL_CAUSES, View

_ROW = 22
_MOST = 18


def draw_resources(view: View, width: float) -> Drawing | None:
    """Busy, stalled and idle share of every resource, busiest first. None where nothing was timed."""
    rows = [row for row in view.rows("resources") if (row.get("total_cycles") or 0) > 0]
    if not rows:
        return None
    rows.sort(
        key=lambda row: (
            -(row.get("busy_cycles", 0) + row.get("stalled_cycles", 0)) / row["total_cycles"],
            str(row.get("name")),
        )
    )
    shown = [(resource_label(str(row.get("name"))), row) for row in rows[:_MOST]]
    if len(rows) > _MOST:
        shown.append((f"{len(rows) - _MOST} others, mean", _mean(rows[_MOST:])))
    left = min(0.3 * width, max(text_width(name) for name, _ in shown) + 10)
    right = text_width("100.0 %") + 10
    drawing = Drawing(width, 0, f"Busy, stalled and idle time of the resources of {view.title}")
    causes = [c for c in (*STALL_CAUSES, "stalled") if any(_stalls(row).get(c) for _, row in shown)]
    waits = [
        (f"waits for {cause}" if cause != "stalled" else "stalled", token("state", cause))
        for cause in causes
    ]
    legend = [("busy", "state-busy"), *waits, ("idle", "idle")]
    top = add_legend(drawing, legend, left, 2, width - left) + 8
    span = width - left - right
    bottom = top + _ROW * len(shown)
    for index, (name, row) in enumerate(shown):
        total = row["total_cycles"]
        x = left
        y = top + index * _ROW
        drawing.add(
            Text(left - 8, y + 15, fit_text(name, left - 10), "end"),
            Rect(left, y + 3, span, _ROW - 6, "idle", _tip(name, row)),
        )
        # The rest of the bar is idle: busy, stalled and idle are all cycles of a resource.
        parts = [("busy", "state-busy", row.get("busy_cycles", 0))]
        parts += [(cause, token("state", cause), cycles) for cause, cycles in _stalls(row).items()]
        for cause, colour, cycles in parts:
            length = cycles / total * span
            if cycles > 0:
                what = cause if cause in ("busy", "stalled") else f"stalled, waits for {cause}"
                tip = f"{name}: {what}\n{fmt.count(cycles)} cycles, {fmt.percent(cycles / total)}"
                drawing.add(Rect(x, y + 3, length, _ROW - 6, colour, tip))
            x += length
        drawing.add(
            Text(
                left + span + 8, y + 15, fmt.percent(row.get("busy_cycles", 0) / total), fill="soft"
            )
        )
    for tick in (0, 25, 50, 75, 100):
        x = left + tick / 100 * span
        drawing.add(
            Line(x, bottom, x, bottom + 4),
            Text(x, bottom + 17, f"{tick}" if tick else "0 %", "middle", 11, "soft"),
        )
    drawing.add(Text(left + span + 16, bottom + 17, "busy", size=11, fill="soft"))
    drawing.height = bottom + 24
    return drawing


def draw_stalls(view: View, width: float) -> Drawing | None:
    """Stall cycles of the whole run by cause. None where nothing stalled or nothing was timed."""
    rows = [(cause, cycles) for cause, cycles in view.stalls.items() if cycles > 0]
    if not rows:
        return None
    total = sum(cycles for _, cycles in rows)
    largest = max(cycles for _, cycles in rows)
    numbers = [f"{fmt.count(cycles)} · {fmt.percent(cycles / total)}" for _, cycles in rows]
    left = max(text_width(f"waits for {cause}") for cause, _ in rows) + 12
    span = width - left - max(text_width(text) for text in numbers) - 10
    drawing = Drawing(width, 24 * len(rows) + 8, f"Stall cycles by cause of {view.title}")
    for index, ((cause, cycles), text) in enumerate(zip(rows, numbers)):
        y = 4 + index * 24
        length = cycles / largest * span
        drawing.add(
            Text(left - 8, y + 16, f"waits for {cause}", "end"),
            Rect(
                left,
                y + 3,
                max(length, 0.75),
                17,
                token("state", cause),
                f"waits for {cause}: {text} of all stall cycles",
            ),
            Text(left + length + 6, y + 16, text, fill="soft"),
        )
    return drawing


def _stalls(row: dict) -> dict[str, float]:
    named = {cause: cycles for cause, cycles in (row.get("stalls") or {}).items() if cycles}
    # Stalls whose cause was not recorded are drawn as such, not dropped.
    rest = (row.get("stalled_cycles") or 0) - sum(named.values())
    return {**named, "stalled": rest} if rest > 1e-9 * row["total_cycles"] else named


def _mean(rows: list[dict]) -> dict:
    keys = ("busy_cycles", "stalled_cycles", "idle_cycles", "total_cycles")
    mean = {key: sum(row.get(key) or 0 for row in rows) / len(rows) for key in keys}
    causes = dict.fromkeys(cause for row in rows for cause in (row.get("stalls") or {}))
    return {
        **mean,
        "stalls": {
            c: sum((row.get("stalls") or {}).get(c, 0) for row in rows) / len(rows) for c in causes
        },
    }


def _tip(name: str, row: dict) -> str:
    lines = [
        f"{name}: {fmt.count(row.get('idle_cycles', 0))} of {fmt.count(row['total_cycles'])} cycles idle"
    ]
    if row.get("requests") is not None:
        queue = (
            f"queue {fmt.significant(row.get('queue_mean'), 3)} mean, "
            f"{fmt.count(row.get('queue_max'))} at most"
        )
        lines.append(f"{fmt.count(row['requests'])} requests, {queue}")
    return "\n".join(lines)
