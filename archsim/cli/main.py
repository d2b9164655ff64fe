"""The command `archsim`: parses the line, runs one command, turns faults into messages and exit
codes.

Exit codes: 0 done, 2 the input is wrong, 1 an internal fault, 130 interrupted.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import importlib
import os
import shlex
import sys
import warnings
from collections.abc import Iterator, Sequence

from archsim.basics.version import VERSION
from hwlib.errors import InputError, StoredNote, nearest, shorten, unknown
from hwlib.text import printable

# one file a command in this folder, with configure(parser) and execute(arguments)
COMMANDS = {
    "run": "simulate one inference or training step: mm2, uW, J and cycles by component, layer and phase",
    "train": "train on the array physics: accuracy per epoch, measured activity, and the silicon cost of "
    "that training",
    "infer": "trained weights on the arrays of a chip: accuracy with its spread over drawn chips, and "
    "the silicon of the inference",
    "check": "what would be imported of a network, before anything runs: unsupported operators, assumptions, "
    "counts, and what trains or carries data",
    "explore": "design-space sweep, resumable, on all cores or on a cluster: Pareto fronts",
    "compare": "the update schemes side by side on the same network, chip and data",
    "report": "make or remake the report of a finished run",
    "validate": "published figures beside what the model gives",
    "explain": "where one number of a result comes from, down to the sourced figures",
    "fit": "a device law with its spreads out of measured conductances",
    "cite": "the sources that a result rests on, as text or BibTeX",
    "verify": "stored results, sweeps, comparisons and checkpoints against their digests, their own ledgers "
    "and the conservation laws",
    "list": "what there is: networks, architectures, schemes, components, data sets",
    "show": "one network, architecture, scheme, component, figure or data set with its parameters and "
    "sources",
    "data": "get a data set: cache, $ARCHSIM_DATA, download with md5 check",
    "trace": "write the layer trace of a network as a file",
    "docs": "the documentation that came with the package, without a network",
}


class Parser(argparse.ArgumentParser):
    """argparse that raises InputError instead of exiting, and takes no abbreviated options."""

    def __init__(self, *arguments, **settings):
        # An abbreviation would change its meaning with the next option that begins alike.
        super().__init__(*arguments, allow_abbrev=False, **settings)

    def error(self, message: str):
        raise InputError(message, hint=f"see `{self.prog} --help`")

    def options(self) -> list[str]:
        """Every option string this parser knows."""
        return [text for action in self._actions for text in action.option_strings]

    def taken(self) -> list[argparse.Action]:
        """Every argument and option that this parser takes."""
        return list(self._actions)


def build_parser(only: str | None = None) -> tuple[Parser, dict[str, Parser]]:
    """The parser and those of the commands by name.

    Of a line one command is configured (`only`; "" for none), so that `archsim --help` loads none
    of them; None configures all.
    """
    parser = Parser(
        prog="archsim",
        description="What a neural network costs on a memristive compute-in-memory chip: mm2, uW and cycles.",
        epilog="A start: archsim run lenet1 --arch wu2023",
    )
    parser.add_argument("--version", action="version", version=f"archsim {VERSION}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    known = {}
    for name, text in COMMANDS.items():
        known[name] = commands.add_parser(
            name, help=text, description=text[0].upper() + text[1:] + "."
        )
        # A command's options import what they name; only the one that is asked for pays that.
        if only in (None, name):
            importlib.import_module(f"archsim.cli.{name}").configure(known[name])
    return parser, known


def parse(line: Sequence[str]) -> argparse.Namespace:
    """The arguments of a line. Raises InputError with the nearest name for an unknown command or
    option.
    """
    # Looked for here: argparse would list all commands and name no nearest one.
    command = next((word for word in line if not word.startswith("-")), None)
    if command is not None and command not in COMMANDS:
        raise unknown("command", command, COMMANDS)
    parser, commands = build_parser(command or "")
    if command is None and not {"-h", "--help", "--version"} & set(line):
        raise InputError(
            "no command", got=" ".join(line) or None, allowed=COMMANDS, hint="see `archsim --help`"
        )
    # What is left over is judged below, where the nearest option can be named.
    arguments, rest = parser.parse_known_args(line)
    if rest:
        known = commands[arguments.command].options()
        option = rest[0].split("=")[0]
        where = f"archsim {arguments.command}"
        # Before the command argparse takes it for an option of `archsim` itself.
        if option in known:
            raise InputError("options stand after the command", where=where, got=option)
        if option.startswith("-"):
            raise InputError(
                "unknown option",
                where=where,
                got=option,
                allowed=sorted(known),
                hint=nearest(option, known),
            )
        raise InputError("one argument too many", where=where, got=rest[0])
    _refuse_empty(arguments, commands[arguments.command])
    return arguments


def _refuse_empty(arguments: argparse.Namespace, parser: Parser) -> None:
    """Raises InputError for an empty word, `--out ""`: mostly a variable of a script that was never
    set. No option means anything by it.
    """
    for action in parser.taken():
        value = getattr(arguments, action.dest, None)
        for word in value if isinstance(value, list) else [value]:
            if isinstance(word, str) and not word.strip():
                raise InputError(
                    "empty",
                    where=action.option_strings[0]
                    if action.option_strings
                    else str(action.metavar),
                    got=word,
                    hint="name one, or leave the option away" if action.option_strings else "",
                )


@contextlib.contextmanager
def _notes(quiet: bool) -> Iterator[None]:
    """What readers of stored numbers have to say goes to stderr, a line each."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore" if quiet else "always", StoredNote)
        shown = warnings.showwarning

        def show(message, category, *where, **more) -> None:
            if issubclass(category, StoredNote):
                print(printable(f"note: {message}"), file=sys.stderr)
            else:
                shown(message, category, *where, **more)

        warnings.showwarning = show
        yield


def main(line: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code. Never raises for bad input."""
    try:
        words = sys.argv[1:] if line is None else list(line)
        arguments = parse(words)
        arguments.line = shlex.join(["archsim", *words])
        with _notes(getattr(arguments, "quiet", False)):
            code = importlib.import_module(f"archsim.cli.{arguments.command}").execute(arguments)
        # A broken pipe shows at the last write: here, where it is caught.
        sys.stdout.flush()
        return code
    except InputError as error:
        print(f"archsim: {error.message}", file=sys.stderr)
        return 2
    # What was asked for is too large, which is a fault of the input and no internal one.
    except MemoryError:
        print(
            "archsim: this does not fit into the memory of this machine: fewer images, a smaller "
            "network or chip",
            file=sys.stderr,
        )
        return 2
    except KeyboardInterrupt:
        print("archsim: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # the reader has seen enough (archsim list components | head); Python would complain again
        # at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except SystemExit as stop:
        # argparse leaves this way after --help and --version.
        return stop.code if isinstance(stop.code, int) else 0
    except Exception as error:
        if isinstance(error, OSError) and error.errno in (errno.ENAMETOOLONG, errno.ELOOP):
            # whoever looks first whether a path is there meets these
            print(
                printable(f"archsim: {shorten(error.filename)}: no usable path ({error.strerror})"),
                file=sys.stderr,
            )
            return 2
        if os.environ.get("ARCHSIM_TRACEBACK") == "1":
            import traceback

            traceback.print_exc()
        fault = f"{type(error).__name__}: {error}"
        print(
            printable(
                f"archsim: internal fault: {fault} (please report it; ARCHSIM_TRACEBACK=1 shows where)"
            ),
            file=sys.stderr,
        )
        return 1


if __name__ == "__main__":
    sys.exit(main())
