"""A drawing as PNG or PDF for papers, through matplotlib: the same marks, light theme on white, the
same bytes every time.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from archsim.report.drawing.drawing import (
    EDGE,
    Boxes,
    Circle,
    Dots,
    Drawing,
    Line,
    Mark,
    Rect,
    Text,
    printable,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DOTS_PER_INCH = 288  # three times the screen's pixels
_INCH = 96.0  # CSS pixels an inch, so that a font size in pixels is 0.75 points
_FONTS = [
    "Liberation Sans",
    "Arial",
    "Helvetica",
    "DejaVu Sans",
    "Noto Sans CJK JP",
    "Microsoft YaHei",
    "Hiragino Sans",
]


def save_raster(
    drawing: Drawing, path: str | Path, colours: dict[str, str], dots_per_inch: int | None = None
) -> None:
    """Write a drawing to `path`; the suffix (.png or .pdf) chooses the format. Of a PNG an inch has
    `DOTS_PER_INCH` dots where no other number is asked for.
    """
    import matplotlib
    from matplotlib import font_manager
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    # Without date and version: the same result gives the same bytes.
    metadata = {"CreationDate": None} if Path(path).suffix == ".pdf" else {"Software": None}
    known = set(font_manager.get_font_names())
    fonts = [name for name in _FONTS if name in known] or ["DejaVu Sans"]
    # No mathematics: a `$` in a layer's name would be read as a formula.
    # Type 42 embeds the fonts as outlines that may be edited, which journals ask for.
    with (
        warnings.catch_warnings(),
        matplotlib.rc_context({"font.family": fonts, "text.parse_math": False, "pdf.fonttype": 42}),
    ):
        # a name in a script that no font here has: boxes, no noise
        warnings.filterwarnings("ignore", "Glyph .* missing")
        size = ((drawing.width + 2 * EDGE) / _INCH, (drawing.height + 2 * EDGE) / _INCH)
        # Without pyplot, which keeps every figure alive and asks for a display.
        plot = Figure(figsize=size, facecolor=colours["card"])
        FigureCanvasAgg(plot)
        axes = plot.add_axes((0, 0, 1, 1))
        # Downwards, as pixels count: the marks are those of the SVG.
        axes.set(xlim=(-EDGE, drawing.width + EDGE), ylim=(drawing.height + EDGE, -EDGE))
        axes.axis("off")
        for order, mark in enumerate(drawing.marks):
            _draw(axes, mark, colours, order)
        plot.savefig(path, dpi=dots_per_inch or DOTS_PER_INCH, metadata=metadata)


def _draw(axes: Axes, mark: Mark, colours: dict[str, str], order: int) -> None:
    match mark:
        case Rect():
            _rect(axes, mark, colours, order)
        case Boxes():
            _boxes(axes, mark, colours, order)
        case Line():
            _line(axes, mark, colours, order)
        case Circle():
            _circle(axes, mark, colours, order)
        case Dots():
            _dots(axes, mark, colours, order)
        case Text():
            _text(axes, mark, colours, order)


def _rect(axes: Axes, mark: Rect, colours: dict[str, str], order: int) -> None:
    from matplotlib import patches

    axes.add_patch(
        patches.Rectangle(
            (mark.x, mark.y),
            mark.width,
            mark.height,
            facecolor=colours[mark.fill],
            alpha=mark.opacity,
            linewidth=0,
            zorder=order,
        )
    )


def _boxes(axes: Axes, mark: Boxes, colours: dict[str, str], order: int) -> None:
    from matplotlib import collections

    corners = [((x, y), (x + w, y), (x + w, y + h), (x, y + h)) for x, y, w, h in mark.boxes]
    axes.add_collection(
        collections.PolyCollection(
            corners, facecolors=colours[mark.fill], linewidths=0, zorder=order
        ),
        autolim=False,
    )


def _line(axes: Axes, mark: Line, colours: dict[str, str], order: int) -> None:
    axes.plot(
        [mark.x1, mark.x2],
        [mark.y1, mark.y2],
        color=colours[mark.stroke],
        # Pixels to points; texts below alike.
        lw=mark.width * 0.75,
        ls=(0, (4, 4)) if mark.dashed else "-",
        zorder=order,
    )


def _circle(axes: Axes, mark: Circle, colours: dict[str, str], order: int) -> None:
    from matplotlib import patches

    axes.add_patch(
        patches.Circle(
            (mark.x, mark.y),
            mark.radius,
            facecolor=colours[mark.fill],
            edgecolor=colours["card"],
            linewidth=0.6,
            zorder=order,
        )
    )


def _dots(axes: Axes, mark: Dots, colours: dict[str, str], order: int) -> None:
    across, down = zip(*mark.points)
    # the size is the square of the diameter in points
    size = (1.5 * mark.radius) ** 2
    axes.scatter(across, down, s=size, facecolors=colours[mark.fill], linewidths=0, zorder=order)


def _text(axes: Axes, mark: Text, colours: dict[str, str], order: int) -> None:
    from matplotlib import patheffects

    edge = [patheffects.withStroke(linewidth=2.2, foreground=colours["card"])] if mark.halo else []
    axes.text(
        mark.x,
        mark.y,
        printable(mark.text),
        fontsize=mark.size * 0.75,
        color=colours[mark.fill],
        weight="bold" if mark.bold else "normal",
        zorder=order,
        path_effects=edge,
        ha={"start": "left", "middle": "center", "end": "right"}[mark.anchor],
        va="baseline",
        # matplotlib turns a text about its anchor too, but anchors the box of the turned text
        rotation_mode="anchor",
        rotation=90 if mark.turned else 0,
    )
