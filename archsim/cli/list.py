"""`archsim list KIND`: what there is, one line each."""

from __future__ import annotations

import argparse
import importlib

from archsim.cli.options import add_output_options, one_of
from archsim.cli.output import console, print_json

# kind -> module and function that names what there is: name -> title; loaded when it is asked for
KINDS = {
    "networks": "workloads.load:list_networks",
    "architectures": "archsim.chip:list_architectures",
    "schemes": "archsim.schemes:list_schemes",
    "components": "hwlib:list_components",
    "devices": "archsim.devices.presets:list_devices",
    "datasets": "workloads.datasets:list_datasets",
}


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", type=one_of(KINDS), metavar="KIND", help=", ".join(KINDS))
    add_output_options(parser)


def execute(arguments: argparse.Namespace) -> int:
    # By name, so that `archsim --help` loads none of them.
    module, function = KINDS[arguments.kind].split(":")
    titles: dict[str, str] = getattr(importlib.import_module(module), function)()
    if arguments.json:
        rows = [{"name": name, "title": title} for name, title in titles.items()]
        print_json({arguments.kind: rows})
        return 0
    from rich.table import Table

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold")
    table.add_column(style="default")
    for name, title in titles.items():
        table.add_row(name, title)
    console().print(table)
    return 0
