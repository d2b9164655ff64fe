"""`archsim explore SPACE.toml`: a design space from one file to a Pareto front and a report,
resumable.
"""

from __future__ import annotations

import argparse
import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from archsim.basics.folders import hold
from archsim.cli import options
from archsim.cli.output import console, emit, print_json, say
from archsim.readers.digest import seal
from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.exploration.space.space import Space


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "space",
        metavar="SPACE.toml",
        help="what is fixed, what varies, what is wanted: see docs/explore.md",
    )
    parser.add_argument(
        "--out", metavar="DIR", help="folder of the sweep (default: the space's name)"
    )
    parser.add_argument(
        "--scheme",
        action="append",
        default=[],
        metavar="FILE.py",
        dest="scheme_files",
        help="file of an update rule of your own, which is run; the space names the rule; repeatable",
    )
    options.add_jobs_option(parser, "processes (default: all cores; 1: in this process)")
    parser.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="a dask scheduler, e.g. tcp://host:8786 (needs the extra 'dask')",
    )
    parser.add_argument(
        "--resume", action="store_true", help="use the points that the folder holds already"
    )
    parser.add_argument(
        "--timeout",
        type=options.parse_positive,
        metavar="S",
        help="give up a point after this many seconds",
    )
    parser.add_argument(
        "--memory",
        type=options.parse_count(256, 1_000_000),
        metavar="MB",
        help="memory of a worker process",
    )
    parser.add_argument(
        "--export",
        type=options.one_of(("csv", "parquet")),
        metavar="FORMAT",
        help="also write every point: csv, parquet",
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="check every name of the space, build one of its designs and say how many points it has",
    )
    options.add_output_options(parser)


def execute(arguments: argparse.Namespace) -> int:
    from archsim.exploration.space.load import load_space
    from archsim.exploration.sweep import explore
    from archsim.report.progress import make_progress
    from archsim.report.sweep.files import write_sweep

    # before the space is read: it names rules, and only the command line names files to run
    _run_scheme_files(arguments.scheme_files)
    space = load_space(arguments.space)
    if arguments.dry_run:
        return _preview(space, arguments)
    folder = Path(arguments.out or space.name)
    jobs = arguments.jobs or os.cpu_count() or 1
    watched = contextlib.nullcontext() if arguments.quiet else make_progress(console(stderr=True))
    # The folder is held until its report is written: a second sweep into it is refused, not mixed
    # in.
    with hold(folder, "sweep", "--out", around=True):
        with watched as progress:
            sweep = explore(
                space,
                jobs,
                folder,
                arguments.resume,
                arguments.cluster,
                arguments.timeout,
                arguments.memory,
                progress,
            )
        document = write_sweep(sweep, arguments.export)
    if arguments.json:
        print_json(seal(document))
    elif not arguments.quiet:
        from archsim.report.sweep.terminal import print_sweep

        print_sweep(document, console())
    counts = sweep.counts
    say(
        f"points: {counts['new']} worked out, {counts['repriced']} priced from stored runs, "
        f"{counts['reused']} were there",
        arguments.quiet,
    )
    for note in sweep.notes:
        say(f"note: {note}", arguments.quiet)
    say(f"written: {folder / 'report.html'}", arguments.quiet)
    return 0


def _run_scheme_files(paths: list[str]) -> None:
    """Know the update rules of the user's own files."""
    from archsim.schemes.own_file import scheme_names

    for path in paths:
        # Here only files: an option that names a rule would look as if it chose one.
        if not path.endswith(".py"):
            raise InputError(
                "not the file of an update rule",
                where="--scheme",
                got=path,
                allowed="FILE.py",
                hint="a rule of archsim needs no option: the space names it by scheme",
            )
    scheme_names(paths)


def _preview(space: Space, arguments: argparse.Namespace) -> int:
    """Check every name, build one design, and say how many points there are."""
    from archsim.exploration.space.samplers import most_points
    from archsim.exploration.work.preview import build_one, check_names

    for note in check_names(space):
        say(f"note: {note}", arguments.quiet)
    # A dry run builds one design for real: names may be right and the chip impossible.
    build_one(space)
    rungs = ", ".join(
        rung.label + (f" ({rung.points})" if rung.points else "") for rung in space.rungs
    )
    axes = len(space.axes)
    points = most_points(space)
    if arguments.json:
        print_json({"name": space.name, "axes": axes, "points": points, "rungs": rungs})
    else:
        emit(f"{space.name}: {axes} axes, {points} points before conditions, rungs: {rungs}")
    return 0
