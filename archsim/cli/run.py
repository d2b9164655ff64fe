"""`archsim run NETWORK`: simulate one inference or training step and print what it costs."""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archsim.basics.folders import folder_path, hold, refuse_other
from archsim.chip.standard import STANDARD_CHIP
from archsim.cli import network_options, options
from archsim.cli.output import console
from archsim.cli.run_inputs import chip_named, images_in, workload_of
from archsim.cli.run_output import event_files, write_run
from archsim.run.result_tables import TABLES
from archsim.soc.observers.formats import FORMATS
from archsim.soc.riders import ENGINES
from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.soc.observers import Observer


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "network",
        metavar="NETWORK",
        help=f"{network_options.NETWORK_HELP}, or a recorded trace .json",
    )
    parser.add_argument(
        "--arch",
        metavar="NAME|FILE",
        help="chip: archsim list architectures (default: the one that a trace was recorded on, "
        f"rpu for a training step of the scheme rpu, else {STANDARD_CHIP})",
    )
    network_options.add_workload_options(parser)
    parser.add_argument(
        "--images",
        type=options.parse_count(1, 1_000_000),
        metavar="N",
        help="images that go through (default: the batch)",
    )
    options.add_price_options(parser)
    options.add_set_option(
        parser,
        "any field of the architecture (tile.rows=128), the scheme (scheme.optimiser=adam) or the "
        "device of --device "
        "(device.retention_s=1e6); repeatable",
    )
    parser.add_argument(
        "--no-timing", action="store_true", help="area and energy only: nothing is simulated"
    )
    _add_engine_option(parser)
    parser.add_argument(
        "--data",
        metavar="FILE.npz|random",
        help="carry real data through the events: the array physics is computed",
    )
    _add_holder_options(parser)
    parser.add_argument(
        "--activity",
        metavar="FILE",
        help="measured activity by layer and phase (.csv or .json) in place of the assumed one",
    )
    parser.add_argument(
        "--out", metavar="DIR", help="write result.json, CSV tables and report.html here"
    )
    parser.add_argument(
        "--full", action="store_true", help="print every layer and component, however many"
    )
    parser.add_argument(
        "--csv",
        nargs="?",
        const="component",
        type=options.one_of(TABLES),
        metavar="TABLE",
        help=f"print one table as CSV instead: {', '.join(TABLES)}",
    )
    for form in FORMATS:
        parser.add_argument(form.option, metavar=f"FILE{form.suffix}", help=f"write {form.help}")
    options.add_output_options(parser)


def _add_engine_option(parser: argparse.ArgumentParser) -> None:
    """`--engine`."""
    parser.add_argument(
        "--engine",
        type=options.one_of(ENGINES),
        default="auto",
        metavar="|".join(ENGINES),
        help="what runs the events: SimPy, compiled code that does the same, or the quicker of the "
        "two (default auto)",
    )


def _add_holder_options(parser: argparse.ArgumentParser) -> None:
    """`--device` and `--at`."""
    parser.add_argument(
        "--device",
        metavar="NAME|FILE",
        help="with --data: devices that hold the weights, programmed and read (archsim list devices)",
    )
    parser.add_argument(
        "--at",
        type=options.parse_positive,
        metavar="SECONDS",
        help="read the weights of --device so long after they were programmed",
    )


def execute(arguments: argparse.Namespace) -> int:
    _check(arguments)
    import archsim
    from archsim.report.progress import make_progress

    settings = options.settings_table(arguments.settings)
    # One option for three things, told apart by the head of the path.
    chip_settings = {
        path: value
        for path, value in settings.items()
        if not path.startswith(("scheme.", "device."))
    }
    work = workload_of(
        arguments,
        {path[7:]: value for path, value in settings.items() if path.startswith("scheme.")},
    )
    chip = archsim.load_architecture(chip_named(arguments, work), chip_settings)
    observers = _observers(arguments)
    data = (
        images_in(arguments.data)
        if arguments.data and arguments.data != "random"
        else arguments.data
    )
    watched = contextlib.nullcontext() if arguments.quiet else make_progress(console(stderr=True))
    # Held before anything runs, and until all files are there.
    with (
        hold(arguments.out, "run", "--out", around=True)
        if arguments.out
        else contextlib.nullcontext()
    ):
        with watched as progress:
            result = archsim.simulate(
                work.network,
                chip,
                work.scheme,
                work.phase,
                work.batch,
                images=arguments.images,
                node_nm=arguments.node,
                seed=arguments.seed,
                timing=not arguments.no_timing,
                engine=arguments.engine,
                data=data,
                activity=arguments.activity,
                device=arguments.device,
                device_settings=_device_settings(settings),
                at=arguments.at or 0.0,
                observers=observers,
                progress=progress,
            )
        result.document["command"] = arguments.line
        return write_run(arguments, result)


def _device_settings(settings: dict[str, str]) -> dict[str, Any] | None:
    """What `--set device.NAME=VALUE` says; None for nothing."""
    from archsim.chip.load import parse_setting

    return {
        path[7:]: parse_setting(f"x={text}")[1]
        for path, text in settings.items()
        if path.startswith("device.")
    } or None


def _check(arguments: argparse.Namespace) -> None:
    if arguments.json and arguments.csv:
        raise InputError("choose one form of output", where="--csv", got="--json and --csv")
    files = event_files(arguments)
    named = [
        *(["--data"] if arguments.data else []),
        *(["--engine"] if arguments.engine != "auto" else []),
        *(form.option for form in files),
    ]
    for option in named:
        if arguments.no_timing:
            raise InputError("nothing happens in time with --no-timing", where=option)
    if arguments.out:
        refuse_other(folder_path(arguments.out, "--out"), "run", "--out")
    taken: set[Path] = set()
    for form, name in files.items():
        # Absolute, so that two names of one file are seen as one.
        path = Path(name).absolute()
        if path.is_dir() or not path.parent.is_dir():
            raise InputError("not a file in an existing folder", where=form.option, got=name)
        if path in taken:
            raise InputError("one file for two forms of the events", where=form.option, got=name)
        taken.add(path)


def _observers(arguments: argparse.Namespace) -> tuple[Observer, ...]:
    """Observers of the events; each writes its file when the run has ended."""
    return tuple(form.observer(path) for form, path in event_files(arguments).items())
