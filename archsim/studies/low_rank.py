"""What the low-rank study adds to the tables of a study: accuracy beside the reference runs, memory
and arithmetic beside the closed forms.

    python -m archsim.studies.low_rank reports/huang2023/study.toml

Beside the file: `accuracy.csv`, `accuracy.png` and `accuracy.svg` (with `reference.csv`), and
`counts.csv`, a line a row and layer.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from archsim.readers.documents import read_json
from archsim.schemes.low_rank.sbpca import Sbpca
from archsim.schemes.low_rank.sbpca_work import published_multiplies, published_words, state_words
from archsim.studies.moved import read_table
from archsim.studies.study_file import Study, load_study, read_history
from archsim.training.settings import read_settings, scheme_of
from hwlib.errors import InputError
from workloads.load import load_network

COUNTS = (
    "row",
    "layer",
    "outputs",
    "inputs",
    "rank",
    "state_words",
    "published_state_words",
    "full_gradient_words",
    "multiplies_a_sample",
    "published_multiplies_a_sample",
    "full_gradient_multiplies",
    "outer_products_a_batch",
    "device_writes_mean",
)


def counted(study: Study) -> list[dict]:
    """Memory and multiplications of every low-rank row: what the rule counted in training, and what
    the literature's forms say.

    The count of a sample holds the work at the end of sub-batches and batches, spread over their
    samples.
    """
    network = load_network(study.network)
    lines = []
    for row in study.rows:
        seed = row.seeds[0]
        path = study.folder / "history" / f"{row.name}-{seed}.json"
        settings = read_settings({**row.settings, "seed": seed}, f"row '{row.name}'")
        if settings.rule == "float" or not path.exists():
            continue
        facts = read_json(path)
        scheme = scheme_of(settings)
        if not isinstance(scheme, Sbpca):
            raise InputError(
                "not a low-rank rule", where=f"row '{row.name}': rule", got=settings.rule
            )
        for layer in network.array_layers:
            # A bias is one more input of the outer product, always 1.
            a, b = layer.matrix.columns, layer.matrix.rows + layer.bias
            rank = scheme.rank_of(a, b)
            done = facts["done"][layer.name]
            samples = done["images"] * layer.matrix.vectors
            multiplies = sum(
                done["actions"].get(f"vector_unit.{name}", 0.0)
                for name in ("multiply", "multiply_add")
            )
            lines.append(
                dict(
                    zip(
                        COUNTS,
                        (
                            row.name,
                            layer.name,
                            a,
                            b,
                            rank,
                            state_words(scheme.estimator, a, b, rank),
                            published_words(scheme.estimator, a, b, rank),
                            a * b,
                            f"{multiplies / samples:.1f}",
                            published_multiplies(scheme.estimator, a, b, rank),
                            a * b,
                            rank if scheme.update_mode == "rank_seq" else 0,
                            f"{facts['writes'][layer.name]['mean']:.1f}",
                        ),
                    )
                )
            )
    return lines


def compared(study: Study) -> list[dict]:
    """Test accuracy of every row, seed and epoch, and that of the reference runs (one seed each)
    where there is one.
    """
    reference = {
        (line["row"], int(line["epoch"])): float(line["test_accuracy_percent"])
        for line in read_table(study.folder / "reference.csv")
    }
    lines = []
    for row, seed in ((one, each) for one in study.rows for each in one.seeds):
        for line in read_history(study, row, seed):
            own = 100 - line["test_error_percent"]
            epoch = int(line["epoch"])
            other = reference.get((row.name, epoch))
            lines.append(
                {
                    "row": row.name,
                    "seed": seed,
                    "epoch": epoch,
                    "test_accuracy_percent": f"{own:.2f}",
                    "reference_percent": "" if other is None else f"{other:.2f}",
                    "difference": "" if other is None else f"{own - other:+.2f}",
                }
            )
    return lines


def write_tables(study: Study) -> None:
    """accuracy.csv, counts.csv and the curves, from the histories. Raises InputError where there
    are none.
    """
    lines = compared(study)
    counts = counted(study)
    if not lines or not counts:
        raise InputError("no row of this study has been trained", where=str(study.folder))
    write_lines(study.folder / "accuracy.csv", lines)
    write_lines(study.folder / "counts.csv", counts)
    draw(study, lines)


def write_lines(path: Path, lines: list[dict]) -> None:
    """A CSV file of lines with the same fields."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(lines[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)


def draw(study: Study, lines: list[dict]) -> None:
    """Accuracy over epochs, ours as lines and the reference runs as open marks."""
    import matplotlib
    from matplotlib.figure import Figure

    plot = Figure(figsize=(7.2, 4.6), layout="constrained")
    axes = plot.subplots()
    colours = (
        "#0072B2",
        "#D55E00",
        "#009E73",
        "#CC79A7",
        "#E69F00",
        "#56B4E9",
        "#000000",
        "#8B4513",
    )
    for row, colour, mark in zip(study.rows, colours, "osD^vPX*"):
        for number, seed in enumerate(row.seeds):
            own = [line for line in lines if line["row"] == row.name and line["seed"] == seed]
            axes.plot(
                [line["epoch"] for line in own],
                [float(line["test_accuracy_percent"]) for line in own],
                color=colour,
                marker=mark,
                markersize=4,
                linewidth=1.2,
                alpha=1.0 if number == 0 else 0.35,
                label=row.title if number == 0 else None,
            )
        known = [
            line
            for line in lines
            if line["row"] == row.name
            and line["seed"] == row.seeds[0]
            and line["reference_percent"]
        ]
        axes.plot(
            # A little to the right, where they lie on our own line.
            [line["epoch"] + 0.06 for line in known],
            [float(line["reference_percent"]) for line in known],
            color=colour,
            marker=mark,
            markersize=6,
            markerfacecolor="none",
            linestyle="none",
        )
    axes.set_xlabel("epoch")
    axes.set_ylabel("test accuracy, %  (open marks: reference runs)")
    axes.set_xticks(range(1, 1 + max(line["epoch"] for line in lines)))
    axes.grid(True, color="#dddddd", linewidth=0.6)
    axes.legend(frameon=False, fontsize=8, ncols=2)
    axes.set_title(study.title, fontsize=10)
    plot.savefig(study.folder / "accuracy.png", dpi=160)
    with matplotlib.rc_context({"svg.hashsalt": "archsim"}):  # the same file for the same numbers
        plot.savefig(study.folder / "accuracy.svg", metadata={"Date": None})


def main(arguments: list[str] | None = None) -> int:
    """Command line: the study file."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        if len(arguments) != 1:
            raise InputError(
                "one study file is needed",
                where="python -m archsim.studies.low_rank",
                got=arguments,
            )
        write_tables(load_study(arguments[0]))
    except (InputError, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
