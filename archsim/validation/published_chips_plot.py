"""The plot of `published_chips`: model over published, with bands; a panel a quantity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archsim.validation.scores import score, worst

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Row = Mapping[str, Any]
COLOURS = {
    "resistive": "#d55e00",
    "phase_change": "#cc79a7",
    "magnetic": "#0072b2",
    "flash": "#009e73",
    "sram": "#777777",
}
NAMED = 5  # chips furthest from the line that a panel names


def draw(rows: Sequence[Row], folder: Path) -> None:
    """predicted.png and predicted.svg in a folder."""
    import matplotlib
    from matplotlib.figure import Figure

    plot = Figure(figsize=(10.4, 5.2), layout="constrained")
    panels = plot.subplots(1, 2)
    for quantity, panel in zip(("energy", "area"), panels):
        _draw_panel(panel, quantity, [row for row in rows if row["quantity"] == quantity])
    plot.savefig(folder / "predicted.png", dpi=150)
    with matplotlib.rc_context({"svg.hashsalt": "archsim"}):  # the same file for the same numbers
        plot.savefig(folder / "predicted.svg", metadata={"Date": None})


def _draw_panel(panel: Axes, quantity: str, rows: Sequence[Row]) -> None:
    for memory, colour in COLOURS.items():
        own = [row for row in rows if row["memory"] == memory]
        if not own:
            continue
        panel.errorbar(
            [row["published"] for row in own],
            [row["model"] for row in own],
            yerr=[
                [row["model"] - row["model_range"][0] for row in own],
                [row["model_range"][1] - row["model"] for row in own],
            ],
            fmt="o",
            markersize=4,
            color=colour,
            linewidth=0.7,
            label=memory.replace("_", " "),
        )
    ends = [min(row["published"] for row in rows) / 2, max(row["published"] for row in rows) * 2]
    panel.plot(ends, ends, color="#222222", linewidth=0.9)
    for factor in (0.5, 2.0):
        panel.plot(
            ends, [end * factor for end in ends], color="#222222", linewidth=0.5, linestyle=":"
        )
    for row in {row["chip"]: row for row in worst([dict(row) for row in rows], NAMED)}.values():
        # names of the last decade stand on the left of their point, inside the panel
        last = row["published"] > ends[1] / 10
        panel.annotate(
            row["chip"],
            (row["published"], row["model"]),
            xytext=(-5 if last else 5, 3),
            textcoords="offset points",
            ha="right" if last else "left",
            fontsize=7,
        )
    result = score([dict(row) for row in rows])
    unit = rows[0]["unit"].replace("mm2", "mm²")
    panel.set_title(
        f"{quantity}: {result.checks} figures, median factor {result.median_factor:.2g}, "
        f"{result.coverage or 0:.0%} inside bands",
        fontsize=10,
    )
    panel.set_xscale("log")
    panel.set_yscale("log")
    panel.set_xlabel(f"published {quantity} ({unit})")
    panel.set_ylabel(f"model, 5 to 95 % ({unit})")
    panel.grid(True, which="major", color="#dddddd", linewidth=0.6)
    panel.legend(fontsize=8, frameon=False, loc="upper left")
