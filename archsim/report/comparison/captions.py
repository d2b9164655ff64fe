"""What the report of a comparison says in words: subtitle and captions, all from the document."""

from __future__ import annotations

from archsim.cost.draws import BANDS, BOUNDS
from archsim.report.comparison.bars import BREAKDOWNS
from archsim.report.comparison.scatter import COSTS
from archsim.report.comparison.view import ComparisonView
from archsim.report.drawing import format as fmt
from archsim.report.drawing.palette import label


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


def _spread(view: ComparisonView) -> str:
    """What lows and highs of this page are."""
    drawn = any(row["drawn"] for row in view.rows)
    return f"{BANDS if drawn else BOUNDS}"


def tradeoff_caption(view: ComparisonView, name: str) -> str:
    """What a plot of test error over a cost shows."""
    cost = COSTS[name]
    front = view.front(cost.key)
    names = [row["name"] for row in view.rows if row["number"] in front]
    text = (
        "Both axes logarithmic; better is left and down. On the front, beaten by no other in "
        f"both: {', '.join(names)}."
    )
    if cost.low:
        text += (
            f" Lines through a point: {_spread(view)} A draw has the same figures for all schemes, "
            "so lines that overlap leave the order of two schemes less open than they look: see the verdicts."
        )
    if any(row["held_back"] for row in view.rows):
        text += " What a guard holds back (see Verdict) is on no front."
    if cost.key == "most_writes_per_device":
        # Schemes with further arrays (fast, hidden) may wear those out while their weights rest.
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
    return text + f" Where there is room, lines beside the totals: {_spread(view)}"


def curve_caption(view: ComparisonView) -> str:
    """What the curves are."""
    # The error of an epoch's training is a mean over weights that moved all the while.
    if max(row["epochs"] for row in view.rows) == 1:
        return (
            "After a single epoch. The training error is that of the weights while they learn, so "
            "it may lie far above the test error."
        )
    best = view.rows[0]
    return (
        f"All panels have the same axes. Best at the end: {best['name']}, "
        f"{fmt.significant(best['test_error_percent'], 3)} %."
    )
