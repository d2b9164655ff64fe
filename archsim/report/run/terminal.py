"""A run in the terminal: a headline, then tables that fit the width, then what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from archsim.report.drawing import format as fmt
from archsim.report.run.headline import headline, subtitle
from archsim.report.run.terminal_tables import (
    boundary_rows,
    cell,
    component_rows,
    layer_rows,
    phase_rows,
)
from archsim.report.run.view import View

if TYPE_CHECKING:
    from rich.console import Console


def print_result(result: Mapping[str, Any], console: Console, full: bool = False) -> None:
    """Print a run (JSON form, or an object with `to_dict()`) on a rich console of any width, in
    colour or plain.

    `full` prints every layer and component, otherwise long tables end with a row for the rest.
    """
    view = View(result)
    _print_headline(view, console)
    tables = (
        boundary_rows(view),
        component_rows(view, console.width, full),
        phase_rows(view),
        layer_rows(view, console.width, full),
    )
    for table in tables:
        if table is not None:
            console.print()
            console.print(table)
    console.print()
    _print_stalls(view, console)
    _print_notes(view, console)
    _print_next(view, console)


def _print_headline(view: View, console: Console) -> None:
    from rich.table import Table

    console.print(
        cell(view.text("network"), "bold"),
        "on",
        cell(view.text("architecture"), "bold"),
        cell(f" {subtitle(view)}"),
    )
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(style="bold cyan", no_wrap=True)
    grid.add_column(overflow="fold")
    for item in headline(view):
        grid.add_row(
            item.name, cell(item.text), cell("; ".join(filter(None, (item.spread, item.detail))))
        )
    console.print(grid)


def _print_stalls(view: View, console: Console) -> None:
    from rich.text import Text

    if view.bound:
        console.print(Text("Busiest resource", style="bold"), cell(view.bound))
    total = sum(view.stalls.values())
    if total:
        causes = ", ".join(
            f"{cause} {fmt.count(n)} ({fmt.percent(n / total)})"
            for cause, n in view.stalls.items()
            if n
        )
        console.print(Text("Stalls", style="bold"), cell(f"waiting for {causes} cycles"))


def _print_notes(view: View, console: Console) -> None:
    from rich.padding import Padding
    from rich.text import Text

    if view.kinds:
        kinds = ", ".join(f"{count} {kind}" for kind, count in view.kinds.items() if count)
        console.print(
            Text("Figures", style="bold"),
            cell(f"{len(view.rows('figures'))} used: {kinds}; activity {view.text('activity')}"),
        )
    if view.rows("notes"):
        console.print(Text("Notes", style="bold"))
        for note in view.rows("notes"):
            console.print(Padding(cell(f"• {note}"), (0, 0, 0, 1)))


def _print_next(view: View, console: Console) -> None:
    from rich.text import Text

    console.print()
    console.print(Text("Next: --out DIR writes the HTML report, JSON and CSV", style="dim"))
    console.print(
        Text(
            "      archsim explain DIR energy_j.by_component.adc traces a number back", style="dim"
        )
    )
