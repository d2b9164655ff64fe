"""`archsim show KIND NAME`: one network, architecture, scheme, component or figure with its
parameters and sources.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from archsim.cli import (
    device_text,
    show_component,
    show_dataset,
    show_device,
    show_scheme,
    show_workload,
)
from archsim.cli.network_options import add_network_options, network_options
from archsim.cli.options import (
    add_output_options,
    add_set_option,
    one_of,
    parse_positive,
    settings_table,
)
from archsim.cli.output import Described, console, emit, print_json, say
from hwlib.errors import InputError


class ShownKind(NamedTuple):
    """A kind of thing that is shown: how it is described and drawn, and which options it takes."""

    describe: Callable[[str, float | None, dict[str, Any]], Described]
    """(name, node in nm, settings or how a network's file is meant)."""
    draw: Callable[[Described], Iterable[object]]
    settable: bool = False
    text: Callable[[str, dict[str, Any]], str] | None = None
    """(name, settings): its file, to copy and edit (--toml)."""
    plot: Callable[[Described, str], Iterable[Path]] | None = None
    """(description, folder): writes its drawing (--out)."""


KINDS = {
    "network": ShownKind(show_workload.describe_network, show_workload.draw_network),
    "architecture": ShownKind(
        show_workload.describe_architecture,
        show_workload.draw_architecture,
        settable=True,
        text=show_workload.architecture_text,
    ),
    "scheme": ShownKind(show_scheme.describe_scheme, show_scheme.draw_scheme),
    "component": ShownKind(
        show_component.describe_component, show_component.draw_component, settable=True
    ),
    "figure": ShownKind(show_component.describe_figure, show_component.draw_figure),
    "device": ShownKind(
        show_device.describe_device,
        show_device.draw_device,
        settable=True,
        text=device_text.device_text,
        plot=show_device.write_staircase,
    ),
    "dataset": ShownKind(show_dataset.describe_dataset, show_dataset.draw_dataset),
    "schema": ShownKind(show_workload.describe_schema, show_workload.draw_schema),
}
_PRICED = ("component",)  # kinds that have a price at a node
_READ = ("network",)  # kinds whose file is read as options say


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", type=one_of(KINDS), metavar="KIND", help=", ".join(KINDS))
    parser.add_argument(
        "name",
        metavar="NAME",
        help="as `archsim list` prints it; a network or an architecture may be a file",
    )
    parser.add_argument(
        "--node",
        type=parse_positive,
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
    kind = KINDS[arguments.kind]
    settings = settings_table(arguments.settings)
    reading = {
        name: value for name, value in network_options(arguments).items() if value is not None
    }
    _check(arguments, settings, reading)
    if arguments.toml and kind.text is not None:
        emit(kind.text(arguments.name, settings), end="")
        return 0
    how: dict[str, Any] = reading if arguments.kind in _READ else dict(settings)
    document = kind.describe(arguments.name, arguments.node, how)
    if arguments.out and kind.plot is not None:
        for path in kind.plot(document, arguments.out):
            say(f"written: {path}", arguments.quiet)
    if arguments.json:
        print_json(document)
        return 0
    output = console()
    for thing in kind.draw(document):
        output.print(thing)
    return 0


def _check(
    arguments: argparse.Namespace, settings: dict[str, str], reading: Mapping[str, object]
) -> None:
    """Raises InputError for an option that this kind does not take."""
    name = arguments.kind
    kind = KINDS[arguments.kind]
    if settings and not kind.settable:
        raise InputError(
            f"a {name} has no settings to set here", where="--set", got=", ".join(settings)
        )
    if arguments.node is not None and name not in _PRICED:
        raise InputError("only a component is priced at a node", where="--node", got=name)
    if reading and name not in _READ:
        option = next(iter(reading)).rstrip("s")
        raise InputError("only a network is read so", where=f"--{option}", got=name)
    if arguments.toml and kind.text is None:
        raise InputError(
            "only an architecture or a device has a file to print", where="--toml", got=name
        )
    if arguments.toml and arguments.out:
        raise InputError("--toml prints a file and draws nothing", where="--out", got=arguments.out)
    # Its file has comments and choices of its own; written anew from settings they would be lost.
    if arguments.toml and settings and name == "architecture":
        raise InputError(
            "the file of an architecture is printed as it stands",
            where="--set",
            got=", ".join(settings),
            hint="edit the copy, or give --set to the command that takes the chip",
        )
    if arguments.out and kind.plot is None:
        raise InputError("only a device has a figure to write", where="--out", got=name)
