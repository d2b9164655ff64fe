"""`archsim data fetch NAME`: make sure that a data set is here: $ARCHSIM_DATA, the cache, or a
download with md5 check.
"""

from __future__ import annotations

import argparse
import contextlib

from archsim.cli.options import add_output_options, one_of
from archsim.cli.output import console, print_json, say


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action",
        type=one_of(("fetch",)),
        metavar="fetch",
        help="get the files, or find that they are here, and check every md5",
    )
    parser.add_argument("name", metavar="NAME", help="a data set: archsim list datasets")
    add_output_options(parser)


def execute(arguments: argparse.Namespace) -> int:
    from archsim.report.progress import make_progress
    from workloads.datasets import fetch_dataset

    watched = contextlib.nullcontext() if arguments.quiet else make_progress(console(stderr=True))
    with watched as progress:
        paths = fetch_dataset(arguments.name, progress)
    if arguments.json:
        print_json({"dataset": arguments.name, "files": [str(path) for path in paths]})
    folders = ", ".join(sorted({str(path.parent) for path in paths}))
    say(
        f"{arguments.name}: {len(paths)} file{'s' if len(paths) > 1 else ''} in {folders}, checked",
        arguments.quiet,
    )
    return 0
