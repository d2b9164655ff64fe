"""`archsim list KIND`: what there is, one line each."""

from __future__ import annotations

import argparse

from archsim.cli.options import add_output_options, one_of
from archsim.cli.output import console, print_json


def _networks() -> dict[str, str]:
    from workloads import list_networks

    return list_networks()


def _architectures() -> dict[str, str]:
    from archsim.chip import list_architectures

    return list_architectures()


def _schemes() -> dict[str, str]:
    from archsim.schemes import list_schemes

    return list_schemes()


def _components() -> dict[str, str]:
    from hwlib import list_components

    return list_components()


def _datasets() -> dict[str, str]:
    from workloads import list_datasets

    return list_datasets()


def _devices() -> dict[str, str]:
    from archsim.devices.presets import list_devices

    return list_devices()


KINDS = {
    "networks": _networks,
    "architectures": _architectures,
    "schemes": _schemes,
    "components": _components,
    "devices": _devices,
    "datasets": _datasets,
}


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", type=one_of(KINDS), metavar="KIND", help=", ".join(KINDS))
    add_output_options(parser)


def execute(arguments: argparse.Namespace) -> int:
    found = KINDS[arguments.kind]()
    if arguments.json:
        print_json(
            {arguments.kind: [{"name": name, "title": title} for name, title in found.items()]}
        )
        return 0
    from rich.table import Table

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold")
    table.add_column(style="default")
    for name, title in found.items():
        table.add_row(name, title)
    console().print(table)
    return 0
