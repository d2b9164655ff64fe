"""`archsim check NETWORK`: what would be imported, before anything runs."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from archsim.cli import network_options
from archsim.cli.options import add_output_options
from archsim.cli.output import console, print_json

if TYPE_CHECKING:
    from archsim.run.network_check import NetworkCheck


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("network", metavar="NETWORK", help=network_options.NETWORK_HELP)
    network_options.add_network_options(parser)
    add_output_options(parser)


def execute(arguments: argparse.Namespace) -> int:
    from archsim.run.checking import check

    checked = check(arguments.network, **network_options.network_options(arguments))
    if arguments.json:
        print_json(checked.to_dict())
    elif not arguments.quiet:
        out = console()
        for part in _drawn(checked):
            out.print(part)
    return 0


def _drawn(checked: NetworkCheck) -> Iterator[object]:
    from rich.text import Text

    yield Text(f"{checked.network}: {checked.summary}", style="bold")
    yield _layers(checked)
    for node in checked.unsupported:
        yield Text(f"not supported: {node.node}: {node.hint}", style="red")
    if checked.unreached:
        yield Text(f"{checked.unreached} nodes behind these are not looked at", style="dim")
    # No fault: what carries no data is priced and timed all the same.
    for why in checked.without_values:
        yield Text(f"no real data: {why}")
    for item in checked.assumptions:
        told = item.option and item.option not in item.what
        yield Text(
            f"assumed: {item.what.removeprefix('assumed: ')}{f' ({item.option} overrules)' if told else ''}"
        )


def _layers(checked: NetworkCheck) -> object:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table("Layer", "Operator", box=box.SIMPLE_HEAD, show_footer=True)
    for title, total in (("MACs", checked.macs), ("Weights", checked.weights)):
        table.add_column(title, footer=f"{total:,}", justify="right")
    table.add_column("Can")
    for row in checked.layers:
        # None for a stand-in, which is counted as nothing.
        plain = row.counted_as in (None, row.operator)
        operator = row.operator if plain else f"{row.operator} (as {row.counted_as})"
        work = f"{row.macs:,}" if row.macs else ""
        weights = f"{row.weights:,}" if row.weights else ""
        table.add_row(Text(row.layer), operator, work, weights, row.verdict)
    return table
