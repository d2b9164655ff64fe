"""`archsim show KIND NAME`: one network, architecture, scheme, component or figure with its
parameters and sources.
"""

from __future__ import annotations

import argparse

from archsim.cli import show_component, show_dataset, show_device, show_workload
from archsim.cli.options import (
    add_network_options,
    add_output_options,
    add_set_option,
    network_options,
    one_of,
    positive,
    settings_table,
)
from archsim.cli.output import console, emit, print_json, say
from hwlib.errors import InputError

# kind -> (describe(name, node_nm, settings or how a network is read) -> JSON, draw(JSON) -> things
# to print)
KINDS = {
    "network": (show_workload.describe_network, show_workload.draw_network),
    "architecture": (show_workload.describe_architecture, show_workload.draw_architecture),
    "scheme": (show_workload.describe_scheme, show_workload.draw_scheme),
    "component": (show_component.describe_component, show_component.draw_component),
    "figure": (show_component.describe_figure, show_component.draw_figure),
    "device": (show_device.describe_device, show_device.draw_device),
    "dataset": (show_dataset.describe_dataset, show_dataset.draw_dataset),
    "schema": (show_workload.describe_schema, show_workload.draw_schema),
}


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", type=one_of(KINDS), metavar="KIND", help=", ".join(KINDS))
    parser.add_argument(
        "name",
        metavar="NAME",
        help="as `archsim list` prints it; a network or an architecture may be a file",
    )
    parser.add_argument(
        "--node",
        type=positive,
        metavar="NM",
        help="technology node of a component's prices (default 40)",
    )
    add_set_option(
        parser,
        "a parameter of a component or device, or a setting of an architecture, for example --set bits=6",
    )
    add_network_options(parser)
    parser.add_argument(
        "--toml",
        action="store_true",
        help="print the file of an architecture or a device, to copy and edit",
    )
    parser.add_argument(
        "--out", metavar="DIR", help="write the staircase of a device here, as SVG and PNG"
    )
    add_output_options(parser)


def execute(arguments: argparse.Namespace) -> int:
    describe, draw = KINDS[arguments.kind]
    settings = settings_table(arguments.settings)
    if settings and arguments.kind not in ("component", "architecture", "device"):
        raise InputError(
            f"a {arguments.kind} has no settings to set here",
            where="--set",
            got=", ".join(settings),
        )
    if arguments.node is not None and arguments.kind != "component":
        raise InputError("only a component is priced at a node", where="--node", got=arguments.kind)
    reading = {
        name: value for name, value in network_options(arguments).items() if value is not None
    }
    if reading and arguments.kind != "network":
        raise InputError(
            "only a network is read so",
            where=f"--{next(iter(reading)).rstrip('s')}",
            got=arguments.kind,
        )
    if arguments.toml and arguments.kind == "device":
        print(show_device.device_text(arguments.name, settings), end="")
        return 0
    if arguments.toml:
        emit(show_workload.architecture_text(arguments.kind, arguments.name), end="")
        return 0
    document = describe(
        arguments.name, arguments.node, reading if arguments.kind == "network" else settings
    )
    if arguments.out:
        if arguments.kind != "device":
            raise InputError(
                "only a device has a figure to write", where="--out", got=arguments.kind
            )
        for path in show_device.write_staircase(document, arguments.out):
            say(f"written: {path}", arguments.quiet)
    if arguments.json:
        print_json(document)
        return 0
    output = console()
    for thing in draw(document):
        output.print(thing)
    return 0
