"""`archsim validate`: published figures beside what the model gives."""

from __future__ import annotations

import argparse

from archsim.cli.options import add_output_options
from archsim.cli.output import console, print_json


def configure(parser: argparse.ArgumentParser) -> None:
    add_output_options(parser)


def execute(arguments: argparse.Namespace) -> int:
    from archsim.report.progress import make_progress
    from archsim.validation import run_checks

    if arguments.quiet:
        rows = run_checks()
    else:
        with make_progress(console(stderr=True)) as progress:
            rows = run_checks(progress)
    if arguments.json:
        print_json({"checks": rows})
    else:
        _print(rows)
    return 0


def _print(rows: list[dict]) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from archsim.report.format import significant

    table = Table("Check", box=box.SIMPLE_HEAD)
    for heading in ("Published", "Model", "Difference", "Tolerance"):
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in ("", "Kind", "Source"):
        table.add_column(heading)
    for row in rows:
        counted = row["unit"] == "1"
        published, model = (f"{row[key]:,}" if counted else f"{significant(row[key])} {row['unit']}" for key in ("published", "model"))
        if row["model_range"]:
            model += "\n[{} – {}]".format(*(significant(value, 3) for value in row["model_range"]))
        mark = Text("within", style="green") if row["within"] else Text("outside", style="bold red")
        table.add_row(row["title"], published, model, f"{100 * row['relative_difference']:+.1f} %",
                      f"{100 * row['tolerance']:.1f} %", mark, row["kind"], row["source"])
    screen = console()
    screen.print(table)
    inside = sum(row["within"] for row in rows)
    screen.print(f"{inside} of {len(rows)} within tolerance. Predicted: nothing in the model was fitted to it. Calibrated: it went in.")
