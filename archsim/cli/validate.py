"""`archsim validate`: published figures beside what the model gives."""

from __future__ import annotations

import argparse

from archsim.cli.options import add_output_options
from archsim.cli.output import console, print_json

_WIDE = 120  # columns of a terminal that holds the whole table


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

    from archsim.report.drawing.format import plain, significant, unit

    screen = console()
    wide = screen.width >= _WIDE
    for source in dict.fromkeys(row["source"] for row in rows):
        table = Table(
            "Check",
            title=Text(source),
            title_justify="left",
            title_style="bold",
            box=box.SIMPLE_HEAD,
        )
        for heading in (
            ("Published", "Model", "Difference", "Allowed")
            if wide
            else ("Published", "Model", "Difference")
        ):
            table.add_column(heading, justify="right", no_wrap=True)
        for heading in ("", "Kind", "Published figure is") if wide else ("",):
            table.add_column(heading)
        notes = []
        for row in (row for row in rows if row["source"] == source):
            mark = (
                Text("within", style="green")
                if row["within"]
                else Text("outside", style="bold red")
            )
            if row["note"] and (not row["within"] or row["criterion"] == "range"):
                notes.append(row["note"])
                mark.append(f" [{len(notes)}]", style="dim")
            printed = f"{plain(row['published'])} {unit(row['unit'])}".rstrip()
            model = (
                f"{row['model']:,}"
                if isinstance(row["model"], int)
                else f"{significant(row['model'])} {unit(row['unit'])}".rstrip()
            )
            if row["model_range"]:
                model += "\n{} to {}".format(
                    *(significant(value, 3) for value in row["model_range"])
                )
            difference = f"{100 * row['relative_difference']:+.1f} %"
            kind = (row["kind"], row["confidence"])
            if wide:
                table.add_row(row["title"], printed, model, difference, _allowed(row), mark, *kind)
            else:  # two lines a figure
                table.add_row(
                    f"{row['title']} ({', '.join(kind)})",
                    printed,
                    model,
                    difference,
                    mark.append(f"\n{_allowed(row)}"),
                )
        screen.print(table)
        for number, note in enumerate(notes, 1):
            screen.print(Text(f"  [{number}] {note}", style="dim"))
        screen.print()
    predicted = [row["within"] for row in rows if row["kind"] == "predicted"]
    inside = sum(row["within"] for row in rows)
    screen.print(
        f"{inside} of {len(rows)} figures lie within what is allowed; of the {len(predicted)} predicted ones {sum(predicted)}."
    )
    screen.print(
        "predicted: nothing in the model was fitted to the figure; calibrated: the figure, or what it is made of, went in."
    )


def _allowed(row: dict) -> str:
    if row["criterion"] == "range":
        return "in its range"
    return "not above" if row["criterion"] == "below" else f"±{100 * row['tolerance']:.3g} %"
