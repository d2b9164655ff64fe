"""Table and curves of a training study from its histories."""

from __future__ import annotations

from itertools import zip_longest
from statistics import fmean, stdev
from textwrap import fill
from typing import TYPE_CHECKING, Any

from archsim.studies.study_file import Study, read_history
from archsim.training.settings import EXACT_WORDS, device_of, read_settings

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend

# Okabe & Ito's colours, apart for colour-blind readers.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKS = "osD^vPX"
LINES = ("-", "--", ":")
SHORTEST = 8  # letters of a line of a title, however long its words
LINE_INCHES = 0.17  # of a legend


def write_report(study: Study) -> None:
    """`table.md`, `errors.png` and `errors.svg` beside the study file, of the epochs that are
    there.
    """
    (study.folder / "table.md").write_text(table(study), encoding="utf-8")
    draw_errors(study)


def table(study: Study) -> str:
    """The rows as Markdown: published and own test error, mean of the last epochs; every seed on
    its own line, then their mean.
    """
    last = study.mean_of_last
    lines = [
        f"| row | trained on | published test error, % | own, % (mean of the last {last} epochs) | "
        "lowest, % | epochs | seed | images/s |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in study.rows:
        means = []
        device = device_of(read_settings(row.settings, f"row '{row.name}'")) or EXACT_WORDS[0]
        for seed in row.seeds:
            history = read_history(study, row, seed)
            if not history:
                lines.append(
                    f"| {row.title} | {device} | {row.published} | not run | | 0 | {seed} | |"
                )
                continue
            errors = [line["test_error_percent"] for line in history]
            tail = errors[-last:]
            # Over the last epochs: single ones scatter by the noise of their updates.
            means.append(fmean(tail))
            spread = f" (standard deviation over epochs {stdev(tail):.2f})" if len(tail) > 1 else ""
            speed = fmean(line["images_per_second"] for line in history)
            numbers = (
                f"{fmean(tail):.2f}{spread}",
                f"{min(errors):.2f}",
                str(len(history)),
                str(seed),
                f"{speed:.0f}",
            )
            cells = (row.title, device, row.published, *numbers)
            lines.append(f"| {' | '.join(cells)} |")
        if len(means) > 1:
            lines.append(
                f"| {row.title} | {device} | {row.published} | {fmean(means):.2f} (standard "
                f"deviation over seeds {stdev(means):.2f}) | | | "
                f"mean of {len(means)} | |"
            )
    return "\n".join(lines) + "\n"


def draw_errors(study: Study) -> None:
    """Test error over epochs on a logarithmic axis: a line a row, the mean of its seeds, over the
    range of the seeds.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.figure import Figure
    from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

    plot = Figure(figsize=(7.2, 4.2 + 0.12 * len(study.rows)), layout="constrained")
    axes = plot.subplots()
    seen = [value for number in range(len(study.rows)) for value in _add_row(axes, study, number)]
    axes.set_yscale("log")
    if seen:
        axes.set_ylim(min(seen) / 1.15, max(seen) * 1.15)
    axes.yaxis.set_major_locator(
        FixedLocator([0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50, 90])
    )
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.minorticks_off()
    axes.set_xlabel("epoch")
    axes.set_ylabel("test error, %")
    axes.grid(True, color="#dddddd", linewidth=0.6)
    if seen:
        add_legend(plot)
    axes.set_title(study.title, fontsize=10)
    plot.savefig(study.folder / "errors.png", dpi=160)
    with matplotlib.rc_context({"svg.hashsalt": "archsim"}):
        plot.savefig(study.folder / "errors.svg", metadata={"Date": None})


def _add_row(axes: Axes, study: Study, number: int) -> list[float]:
    """Draw the curve of a row; returns the errors of all its seeds and epochs."""
    row = study.rows[number]
    runs = [
        [line["test_error_percent"] for line in read_history(study, row, seed)]
        for seed in row.seeds
    ]
    # A study that is still running has seeds of several lengths: the mean is that of those there.
    epochs = [values for values in zip_longest(*runs) if any(value is not None for value in values)]
    finished = [[value for value in values if value is not None] for values in epochs]
    if not finished:
        return []
    at = range(1, len(finished) + 1)
    colour = COLOURS[number % 7]
    axes.plot(
        at,
        [fmean(values) for values in finished],
        color=colour,
        marker=MARKS[number % 7],
        linestyle=LINES[number // 7 % len(LINES)],
        markersize=4,
        linewidth=1.2,
        label=row.title,
    )
    if len(row.seeds) > 1:
        low = [min(values) for values in finished]
        high = [max(values) for values in finished]
        axes.fill_between(at, low, high, color=colour, alpha=0.12, linewidth=0)
    return [value for values in finished for value in values]


def add_legend(plot: Figure) -> Legend:
    """The legend below the axes of a plot, never wider than it: two columns, else one, whose titles
    are broken where they have to be. A higher legend makes the plot higher.

    Args:
        plot: a figure with one pair of axes, whose lines have labels.
    """
    lines, titles = plot.axes[0].get_legend_handles_labels()
    where: dict[str, Any] = {"loc": "outside lower center", "frameon": False, "fontsize": 8}
    legend = plot.legend(lines, titles, ncols=2, **where)
    columns = 2
    broken = titles
    most = max(map(len, titles))
    while _is_wider(legend, plot) and most > SHORTEST:
        # the second try has one column and whole titles
        most = most if columns == 2 else max(SHORTEST, most * 4 // 5)
        columns = 1
        broken = [fill(title, most) for title in titles]
        legend.remove()
        legend = plot.legend(lines, broken, ncols=columns, **where)
    if columns == 1:
        rows = sum(title.count("\n") + 1 for title in broken)
        plot.set_figheight(4.2 + LINE_INCHES * rows)
    return legend


def _is_wider(legend: Legend, plot: Figure) -> bool:
    width: float = legend.get_window_extent().width
    return bool(width > plot.bbox.width)
