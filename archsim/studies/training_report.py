"""Table and curves of a training study from its histories."""

from __future__ import annotations

from statistics import fmean, stdev

from archsim.studies.training import Study, read_history


def write_report(study: Study) -> None:
    """`table.md`, `errors.png` and `errors.svg` beside the study file, of the epochs that are there."""
    (study.folder / "table.md").write_text(table(study), encoding="utf-8")
    draw_errors(study)


def table(study: Study) -> str:
    """The rows as Markdown: published and own test error, mean of the last epochs; every seed on its own line."""
    last = study.mean_of_last
    lines = [f"| row | published test error, % | own, % (mean of the last {last} epochs) | lowest, % | epochs | seed | images/s |",
             "|---|---|---|---|---|---|---|"]
    for row in study.rows:
        for seed in row.seeds:
            history = read_history(study, row, seed)
            if not history:
                lines.append(f"| {row.title} | {row.published} | not run | | 0 | {seed} | |")
                continue
            errors = [line["test_error_percent"] for line in history]
            tail = errors[-last:]
            spread = f" (standard deviation over epochs {stdev(tail):.2f})" if len(tail) > 1 else ""
            speed = fmean(line["images_per_second"] for line in history)
            numbers = f"{fmean(tail):.2f}{spread}", f"{min(errors):.2f}", str(len(history)), str(seed), f"{speed:.0f}"
            cells = (row.title, row.published, *numbers)
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def draw_errors(study: Study) -> None:
    """Test error over epochs, a line a row (first seed), on a logarithmic axis."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 4.4), layout="constrained")
    axes = figure.subplots()
    for row, colour, mark in zip(study.rows, ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"), "osD^vPX"):
        for place, seed in enumerate(row.seeds):
            history = read_history(study, row, seed)
            if history:
                axes.plot([line["epoch"] for line in history], [line["test_error_percent"] for line in history], color=colour, marker=mark,
                          markersize=4, linewidth=1.2, alpha=1.0 if place == 0 else 0.4, label=row.title if place == 0 else None)
    axes.set_yscale("log")
    axes.set_yticks([0.8, 1, 1.5, 2, 3, 5, 10, 20, 50, 90], labels=["0.8", "1", "1.5", "2", "3", "5", "10", "20", "50", "90"])
    axes.minorticks_off()
    axes.set_xlabel("epoch")
    axes.set_ylabel("test error, %")
    axes.grid(True, color="#dddddd", linewidth=0.6)
    axes.legend(frameon=False, fontsize=8)
    axes.set_title(study.title, fontsize=10)
    figure.savefig(study.folder / "errors.png", dpi=160)
    figure.savefig(study.folder / "errors.svg", metadata={"Date": None})
