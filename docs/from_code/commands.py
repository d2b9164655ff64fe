"""The commands with all their arguments and options, as argparse knows them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from archsim.cli.main import COMMANDS, Parser, build_parser
from docs.from_code.markdown import anchor, code, page, prose, table

INTRODUCTION = """What `archsim COMMAND --help` prints. Results go to stdout, everything else to stderr; with `--json`
there is only JSON on stdout. Options stand after the command and are written out in full.

| exit code | means |
| --- | --- |
| 0 | done |
| 2 | the input is wrong: a message on stderr, nothing half-written |
| 1 | an internal fault; please report it (`ARCHSIM_TRACEBACK=1` shows where) |
| 130 | interrupted; what was finished is kept |
"""


def commands_page() -> str:
    """One section a command."""
    parsers = build_parser()[1]
    return page("Commands", INTRODUCTION, *(_command(name, parsers[name]) for name in COMMANDS))


def _command(name: str, parser: Parser) -> str:
    usage = " ".join(["archsim", name, *_words(parser)])
    return "\n\n".join(
        [
            anchor(f"command-{name}") + f"## archsim {name}",
            prose(f"{parser.description or ''}"),
            f"```text\n{usage}\n```",
            table(("argument", "means", "default"), _rows(parser)),
        ]
    )


def _words(parser: Parser) -> Iterator[str]:
    """The arguments that have no name, and that there are options."""
    for action in parser.taken():
        if not action.option_strings:
            name = str(action.metavar or action.dest.upper())
            yield f"[{name}]" if action.nargs in ("?", "*") else name
    yield "[options]"


def _rows(parser: Parser) -> Iterator[tuple[str, str, str]]:
    for action in parser.taken():
        if isinstance(action, argparse._HelpAction):
            continue
        value = "" if action.nargs == 0 else f" {action.metavar or action.dest.upper()}"
        names = [f"{option}{value}" for option in action.option_strings]
        shown = names or [str(action.metavar or action.dest.upper())]
        yield ", ".join(map(code, shown)), prose(action.help or ""), _default(action)


def _default(action: argparse.Action) -> str:
    if action.default in (None, False, argparse.SUPPRESS, []) or action.nargs == 0:
        return ""
    return code(action.default)
