"""`archsim validate`: published figures beside what the model gives."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from archsim.cli.options import add_output_options
from archsim.cli.output import console, print_json

if TYPE_CHECKING:
    from rich.table import Table

Row = dict[str, Any]
"""A row of `archsim.validation.run_checks`."""
_WIDE = 120  # columns of a terminal that holds the whole table


def configure(parser: argparse.ArgumentParser) -> None:
    add_output_options(parser)


def execute(arguments: argparse.Namespace) -> int:
    from archsim.report.progress import make_progress
    from archsim.validation import run_checks
    from archsim.validation.scores import summary_of

    if arguments.quiet:
        rows = run_checks()
    else:
        with make_progress(console(stderr=True)) as progress:
            rows = run_checks(progress)
    if arguments.json:
        print_json({"checks": rows, "summary": summary_of(rows)})
    else:
        _print(rows)
    return 0


def _print(rows: list[Row]) -> None:
    from rich.text import Text

    from archsim.validation.scores import worst

    screen = console()
    # In the order of the checks, each source once.
    for source in dict.fromkeys(map(_heading, rows)):
        own = [row for row in rows if _heading(row) == source]
        table, notes = _table(source, own, wide=screen.width >= _WIDE)
        screen.print(table)
        for number, note in enumerate(notes, 1):
            screen.print(Text(f"  [{number}] {note}", style="dim"))
        screen.print()
    inside = sum(row["within"] for row in rows)
    screen.print(f"{inside} of {len(rows)} figures lie within what is allowed.")
    screen.print(_scores(rows))
    screen.print("Furthest from what is published:")
    for row in worst(rows):
        screen.print(Text(f"  {row['title']}: {_numbers(row)[2]}. {row['note']}"))
    screen.print(
        "predicted: nothing in the model was fitted to the figure; calibrated: the figure, or what "
        "it is made of, went in; cross-validated: fitted without this chip."
    )


def _heading(row: Row) -> str:
    """What a figure is listed under: its paper, or the memory of a fabricated chip."""
    return (
        f"Fabricated chips: {row['memory'].replace('_', ' ')}" if "memory" in row else row["source"]
    )


def _scores(rows: list[Row]) -> Table:
    """Errors and bands by kind and quantity."""
    from rich import box
    from rich.table import Table

    from archsim.validation.scores import score

    table = Table("Kind", "Of", box=box.SIMPLE_HEAD)
    for heading in ("Figures", "Median error", "Inside band", "High/low", "Score"):
        table.add_column(heading, justify="right")
    pairs = dict.fromkeys((row["kind"], row.get("quantity", "")) for row in rows)
    for kind, quantity in sorted(pairs):
        result = score(
            [row for row in rows if (row["kind"], row.get("quantity", "")) == (kind, quantity)]
        )
        bands = ("", "", "")
        if result.coverage is not None:
            bands = (
                f"{result.coverage:.0%} of {result.banded}",
                f"{result.median_width:.3g}",
                f"{result.interval_score:.3g}",
            )
        table.add_row(kind, quantity, str(result.checks), f"{result.median_error:.0%}", *bands)
    return table


def _table(source: str, rows: list[Row], wide: bool) -> tuple[Table, list[str]]:
    """The figures of one source, a line each where the terminal is wide, and notes to them."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(
        "Check", title=Text(source), title_justify="left", title_style="bold", box=box.SIMPLE_HEAD
    )
    numbers = ("Published", "Model", "Difference")
    for heading in (*numbers, "Allowed") if wide else numbers:
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in ("", "Kind", "Published figure is") if wide else ("",):
        table.add_column(heading)
    notes = []
    for row in rows:
        within = row["within"]
        mark = Text("within" if within else "outside", style="green" if within else "bold red")
        # Notes explain differences: of what fits to a few per cent they would only be read past.
        said = not within or (row["criterion"] == "range" and "chip" not in row)
        if row["note"] and said:
            notes.append(row["note"])
            mark.append(f" [{len(notes)}]", style="dim")
        kind = (row["kind"], row["confidence"])
        printed = _numbers(row)
        if wide:
            table.add_row(row["title"], *printed, _allowed(row), mark, *kind)
        else:  # two lines a figure
            title = f"{row['title']} ({', '.join(kind)})"
            table.add_row(title, *printed, mark.append(f"\n{_allowed(row)}"))
    return table, notes


def _numbers(row: Row) -> tuple[str, str, str]:
    """What is published, what the model gives, with its range, and the difference."""
    from archsim.report.drawing.format import plain, significant, unit

    name = unit(row["unit"])
    published = f"{plain(row['published'])} {name}".rstrip()
    value = row["model"]
    model = f"{value:,}" if isinstance(value, int) else f"{significant(value)} {name}".rstrip()
    if row["model_range"]:
        low, high = (significant(end, 3) for end in row["model_range"])
        model += f"\n{low} to {high}"
    return published, model, f"{100 * row['relative_difference']:+.1f} %"


def _allowed(row: Row) -> str:
    if row["criterion"] == "range":
        return "in its range"
    return "not above" if row["criterion"] == "below" else f"±{100 * row['tolerance']:.3g} %"
