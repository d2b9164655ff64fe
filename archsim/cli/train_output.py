"""What `archsim train` prints and writes."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from archsim.cli.output import console, print_json, say
from archsim.readers.digest import seal

if TYPE_CHECKING:
    from archsim.run.trained import Training


TRACE = "measured.json"
COMPARED = 8  # batches of the comparison with assumed activity


def write_trained(arguments: argparse.Namespace, trained: Training) -> int:
    """Files first, then what is printed; 130 where the training was interrupted."""
    document = trained.result.document
    folder = Path(arguments.out) if arguments.out else None
    # Before anything is printed: the result names the file of its activity.
    if folder:
        from archsim.trace import save_trace

        document["activity_file"] = str(save_trace(trained.trace, folder / TRACE))
        _write_folder(trained, folder)
    if arguments.json:
        print_json(seal(document))
    elif not arguments.quiet:
        from archsim.report.training.terminal import print_training

        print_training(document, console())
    say(
        f"written: {folder / 'report.html'}"
        if folder
        else "nothing is written; --out DIR keeps the measured activity, the history and "
        "the report",
        arguments.quiet,
    )
    if not trained.finished:
        text = f"interrupted after {trained.trained.images:,} images; "
        say(
            "archsim: "
            + text
            + (f"go on with --resume --out {folder}" if folder else "with --out it can be resumed")
        )
        return 130
    return 0


def _write_folder(trained: Training, folder: Path) -> None:
    from archsim.basics.files import csv_text, write_files
    from archsim.report.drawing.palette import colours
    from archsim.report.drawing.raster import save_raster
    from archsim.report.drawing.svg import to_svg
    from archsim.report.run.page import render_report
    from archsim.report.run.view import View
    from archsim.report.training.page import draw_training
    from archsim.run.activity_effects import compare_activity, write_comparison

    result = trained.result
    light = colours("light")
    writes = [
        {
            "layer": layer or "all",
            "mean": row["mean"],
            "maximum": row["maximum"],
            **row["histogram"],
        }
        for layer, row in result.training["writes"].items()
    ]
    files = {
        **result.files(),
        "history.csv": csv_text(trained.epochs),
        "writes.csv": csv_text(writes),
        "report.html": render_report(result.to_dict()),
    }
    title = f"{result.network} on {result.architecture}, {result.dataset}, scheme {result.scheme}"
    drawing = draw_training(View(result.to_dict()), 500.0)
    if drawing is not None:
        files["errors.svg"] = to_svg(drawing, light)
    write_files(folder, files)
    if drawing is not None:
        save_raster(drawing, folder / "errors.png", light)
    if result.document["reference"]:  # measured and assumed activity are compared by what they cost
        return
    rows = compare_activity(
        trained.assumed,
        trained.activities,
        trained.chip,
        trained.scheme,
        images=COMPARED * trained.trace.batch,
    )
    write_comparison(rows, folder, f"{title}: measured and assumed activity")
