"""What the report of a comparison says in words: headline numbers, subtitle and captions, all from
the document.
"""

from __future__ import annotations

from collections.abc import Callable

from archsim.report.comparison.bars import BREAKDOWNS
from archsim.report.comparison.scatter import COSTS
from archsim.report.comparison.view import ComparisonView
from archsim.report.drawing import format as fmt
from archsim.report.drawing.palette import label
from archsim.report.run.headline import Headline


def subtitle(view: ComparisonView) -> str:
    """What was compared, in one line."""
    epochs = sorted({row["epochs"] for row in view.rows})
    span = f"{epochs[0]}" if len(epochs) == 1 else f"{epochs[0]} to {epochs[-1]}"
    words = [
        f"{len(view.rows)} update schemes",
        f"data {', '.join(view.common('dataset'))}",
        f"{span} epoch{'' if epochs[-1] == 1 else 's'}",
        f"{', '.join(view.common('node_nm'))} nm",
        f"{', '.join(view.common('clock_mhz'))} MHz",
        f"seed {', '.join(view.common('seed'))}",
    ]
    return " · ".join(words)


def headline(view: ComparisonView) -> list[Headline]:
    """The number of schemes, then the best of each column with its scheme and the range over the
    schemes.
    """
    numbers = [
        Headline(
            "Schemes",
            fmt.whole(len(view.rows)),
            f"{len(view.refused)} not run" if view.refused else "all ran",
        )
    ]
    wanted: tuple[tuple[str, str, Callable[[float], str], bool], ...] = (
        ("Highest accuracy", "accuracy_percent", lambda v: f"{v:.2f} %", True),
        ("Least energy / image", "energy_per_image_j", lambda v: fmt.si(v, "J", 3), False),
        ("Least time / image", "latency_per_image_s", lambda v: fmt.si(v, "s", 3), False),
        ("Smallest area", "area_mm2", lambda v: fmt.area(v, 3), False),
        (
            "Fewest writes / device",
            "most_writes_per_device",
            lambda v: fmt.significant(v, 3),
            False,
        ),
    )
    for name, key, write, most in wanted:
        rows = [row for row in view.rows if row[key] is not None]
        if rows:
            best = (max if most else min)(rows, key=lambda row: row[key])
            same = sum(row[key] == best[key] for row in rows)
            low = min(row[key] for row in rows)
            high = max(row[key] for row in rows)
            others = f" and {same - 1} more" if same > 1 else ""
            numbers.append(
                Headline(
                    name,
                    write(best[key]),
                    f"{best['name']}{others}",
                    f"all: {write(low)} to {write(high)}",
                )
            )
    return numbers


def tradeoff_caption(view: ComparisonView, name: str) -> str:
    """What a plot of test error over a cost shows."""
    cost = COSTS[name]
    front = view.front(cost.key)
    names = [row["name"] for row in view.rows if row["number"] in front]
    text = f"Both axes logarithmic; better is left and down. On the front, beaten by no other in both: {', '.join(names)}."
    if cost.low:
        text += (
            " Lines through a point run from the low to the high prices of its parts. All schemes are priced with the same figures, "
            "so lines that overlap leave the order of two schemes less open than they look."
        )
    if cost.key == "most_writes_per_device":
        further = [
            row["name"]
            for row in view.rows
            if row[cost.key] is not None and row[cost.key] != row["writes_per_device"]
        ]
        text += " Pulses or programming operations, mean over the devices of the array that is written most"
        text += f": not the weights in {', '.join(further)}." if further else ": the weights."
    if any(row[cost.key] == 0 for row in view.rows):
        text += " At 0: no device is written."
    return text


def breakdown_caption(view: ComparisonView, name: str) -> str:
    """What takes most, in the cheapest and in the dearest scheme."""
    made = BREAKDOWNS[name]
    rows = view.rows
    parts = view.parts(made.kind)
    known = [i for i, row in enumerate(rows) if (row[made.total] or 0) > 0]
    least, most = (pick(known, key=lambda i: rows[i][made.total]) for pick in (min, max))

    def top(i: int) -> str:
        part = max(parts[i], key=parts[i].__getitem__)
        share = fmt.percent(parts[i][part] / sum(parts[i].values()))
        return f"{rows[i]['name']} ({made.write(rows[i][made.total])}, {share} of it {label(part)})"

    text = f"Inside the chip boundary, least first: from {top(least)} to {top(most)}."
    if made.kind == "phase":
        text += " What belongs to no phase (leakage, clock, controller) is ‘shared’."
    return text + " Where there is room, lines beside the totals run from low to high prices."


def curve_caption(view: ComparisonView) -> str:
    """What the curves are."""
    if max(row["epochs"] for row in view.rows) == 1:
        return "After a single epoch. The training error is that of the weights while they learn, so it may lie far above the test error."
    best = view.rows[0]
    return f"All panels have the same axes. Best at the end: {best['name']}, {fmt.significant(best['test_error_percent'], 3)} %."
