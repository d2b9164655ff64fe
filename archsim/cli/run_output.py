"""What `archsim run` prints and writes."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from archsim.basics.folders import kind_of
from archsim.cli.output import console, emit, print_json, say
from archsim.readers.digest import seal
from archsim.soc.observers.formats import FORMATS, EventFormat

if TYPE_CHECKING:
    from archsim.run.result import Result


def event_files(arguments: argparse.Namespace) -> dict[EventFormat, str]:
    """The forms of the events that are asked for, and their files."""
    named = {form: getattr(arguments, form.word) for form in FORMATS}
    return {form: name for form, name in named.items() if name}


def write_run(arguments: argparse.Namespace, result: Result) -> int:
    for path in event_files(arguments).values():
        say(f"events: {path}", arguments.quiet)
    if arguments.out:
        from archsim.basics.files import write_files
        from archsim.report.run.page import render_report

        # An older run may be replaced, but never silently.
        if kind_of(arguments.out) == "run":
            say(f"note: the run that was in {arguments.out} is replaced", arguments.quiet)
        write_files(
            arguments.out, {**result.files(), "report.html": render_report(result.to_dict())}
        )
    if arguments.json:
        print_json(seal(result.to_dict()))
    elif arguments.csv:
        emit(result.files()[f"{arguments.csv}.csv"], end="")
    elif not arguments.quiet:
        from archsim.report.run.terminal import print_result

        print_result(result.to_dict(), console(), full=arguments.full)
    if arguments.out:
        say(f"written: {Path(arguments.out) / 'report.html'}", arguments.quiet)
    return 0
