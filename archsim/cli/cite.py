"""`archsim cite RESULT`: the sources that a result rests on."""

from __future__ import annotations

import argparse

from archsim.cli.options import add_output_options
from archsim.cli.output import emit, print_json
from hwlib.errors import InputError


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "result", metavar="RESULT", help="result.json of a run or training, or its folder"
    )
    parser.add_argument("--bibtex", action="store_true", help="as BibTeX entries")
    add_output_options(parser)


def execute(arguments: argparse.Namespace) -> int:
    from archsim.run.citations import cite

    # Either is the whole of stdout, for another program to read.
    if arguments.json and arguments.bibtex:
        raise InputError("choose one form of output", where="--bibtex", got="--json and --bibtex")
    sources = cite(arguments.result)
    if arguments.json:
        print_json(
            {
                "citations": [
                    {
                        "key": citation.key,
                        "title": citation.title,
                        "used_for": list(citation.used_for),
                    }
                    for citation in sources.citations
                ],
                "assumed_figures": list(sources.assumed_figures),
                "own": dict(sources.own),
            }
        )
    else:
        emit(sources.bibtex() if arguments.bibtex else sources.text())
    return 0
