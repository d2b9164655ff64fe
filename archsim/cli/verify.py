"""`archsim verify FOLDER`: what is stored, held against its digests, its own ledgers and the
conservation laws.
"""

from __future__ import annotations

import argparse

from archsim.cli.options import add_output_options
from archsim.cli.output import emit, print_json, say


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder",
        metavar="FOLDER",
        help="what run, train, compare or explore wrote with --out, or any folder above it",
    )
    add_output_options(parser)


def execute(arguments: argparse.Namespace) -> int:
    """0 where everything is as it was written, 2 where something is not."""
    from archsim.validation.stored_results import verify

    verified = verify(arguments.folder)
    if arguments.json:
        print_json({"folder": arguments.folder, **verified.to_dict()})
    elif not arguments.quiet:
        for finding in verified.findings:
            why = f"; {finding.message}" if finding.message else ""
            emit(
                f"{finding.verdict:>5}  {finding.path}: {finding.kind}, {finding.rows} checked{why}"
            )
    bad = verified.count("bad")
    say(
        f"{len(verified.findings)} documents: {verified.count('good')} good, "
        f"{verified.count('noted')} with a note, {bad} bad",
        arguments.quiet,
    )
    # A damaged file is bad input, not a fault of the program.
    return 2 if bad else 0
