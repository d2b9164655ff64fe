"""The plot of `bitstream_sharing`: what the bits cost in accuracy over the area of what makes them, a
panel a rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Row = Mapping[str, Any]
COLOURS = {"lfsr": "#d55e00", "sobol": "#0072b2", "cbram": "#009e73"}
LARGE = 10  # points: a panel that loses more has a scale that is linear near zero alone
# a mark for how far numbers are shared: lines and converters of their own, sides, all alike, chip
MARKS = {"line": "o", "element": "o", "side": "s", "tile": "X", "single": "X", "chip": "^", "": "D"}


def draw(rows: Sequence[Row], folder: Path) -> None:
    """sharing.png and sharing.svg in a folder."""
    import matplotlib
    from matplotlib.figure import Figure

    schemes = list(dict.fromkeys(row["scheme"] for row in rows))
    plot = Figure(figsize=(9.6, 3.6 * -(-len(schemes) // 2)), layout="constrained")
    axes = plot.subplots(-(-len(schemes) // 2), min(2, len(schemes)), squeeze=False)
    for scheme, panel in zip(schemes, axes.flat):
        _draw_scheme(panel, scheme, [row for row in rows if row["scheme"] == scheme])
    for panel in list(axes.flat)[len(schemes) :]:
        panel.remove()
    for panel in axes[:, 0]:
        panel.set_ylabel("accuracy against independent bits (points)")
    for panel in axes[-1]:
        panel.set_xlabel("area of what makes the bits (mm²)")
    plot.savefig(folder / "sharing.png", dpi=150)
    with matplotlib.rc_context({"svg.hashsalt": "archsim"}):  # the same file for the same numbers
        plot.savefig(folder / "sharing.svg", metadata={"Date": None})


def _draw_scheme(panel: Axes, scheme: str, rows: Sequence[Row]) -> None:
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    finest = max((row["resolution"] for row in rows if row["resolution"]), default=0)
    for row in rows:
        if row["source"] == "ideal" or row["difference"] is None:
            continue
        colour = COLOURS[row["source"]]
        coarse = row["resolution"] and row["resolution"] < finest
        panel.errorbar(
            [row["stream_area_mm2"]],
            [row["difference"]],
            yerr=None if row["difference_deviation"] is None else [row["difference_deviation"]],
            marker=MARKS[row["sharing"]],
            markersize=7,
            markerfacecolor="white" if coarse else colour,
            color=colour,
            linewidth=0.8,
            capsize=2,
        )
    panel.axhline(0, color="#555555", linewidth=0.8, linestyle="--")
    ideal = [f"{row['accuracy_percent']:.1f} %" for row in rows if row["source"] == "ideal"]
    panel.set_title(f"{scheme}: {ideal[0]} with independent bits" if ideal else scheme, fontsize=10)
    if min((row["difference"] or 0.0 for row in rows), default=0.0) < -LARGE:
        # Differences have both signs: linear up to two points, logarithmic beyond.
        panel.set_yscale("symlog", linthresh=2)
        panel.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    panel.set_xscale("log")
    panel.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    panel.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    panel.xaxis.set_minor_formatter(NullFormatter())
    panel.grid(True, which="major", color="#dddddd", linewidth=0.6)
    panel.legend(handles=_legend(rows, finest), fontsize=7, frameon=False, loc="best")


def _legend(rows: Sequence[Row], finest: int) -> list[Any]:
    from matplotlib.lines import Line2D

    def mark(text: str, colour: str, shape: str, face: str) -> Line2D:
        return Line2D(
            [], [], color=colour, marker=shape, markerfacecolor=face, linestyle="", label=text
        )

    drawn = [row for row in rows if row["source"] != "ideal"]
    sources = dict.fromkeys(row["source"] for row in drawn)
    sharings = dict.fromkeys(row["sharing"] for row in drawn if row["sharing"])
    coarse = dict.fromkeys(
        row["resolution"] for row in drawn if row["resolution"] and row["resolution"] < finest
    )
    return [
        *(mark(source, COLOURS[source], "D", COLOURS[source]) for source in sources),
        *(mark(sharing, "#555555", MARKS[sharing], "#555555") for sharing in sharings),
        *(mark(f"{bits} bits (else {finest})", "#555555", "o", "white") for bits in coarse),
        Line2D([], [], color="#555555", linestyle="--", label="independent bits"),
    ]
