"""Where output goes: results on stdout, all else on stderr. What came from files reaches no
terminal as it is (`hwlib.text`).
"""

from __future__ import annotations

import functools
import json
import os
import sys
from typing import TYPE_CHECKING, Any

from hwlib.text import printable

if TYPE_CHECKING:
    from rich.console import Console

Described = dict[str, Any]
"""What is shown, as JSON has it."""
_WIDE = 160  # into a pipe or a file there is no terminal to fit


def console(stderr: bool = False) -> Console:
    """A rich console; as wide as the terminal, or wide where there is none. It prints no control
    character of any text.
    """
    stream = sys.stderr if stderr else sys.stdout
    # rich takes 80 columns where there is no terminal, which folds every table.
    width = None if stream.isatty() or "COLUMNS" in os.environ else _WIDE
    made: Console = _safe_console()(
        file=stream, width=width, highlight=False, markup=False, emoji=False
    )
    return made


@functools.cache
def _safe_console() -> type:
    # a class made late: rich is heavy
    from rich.console import Console
    from rich.segment import Segment

    class SafeConsole(Console):
        """Everything that is printed comes through `render`, in pieces of text with a style, or of
        control, which are rich's own.
        """

        def render(self, renderable, options=None):
            for piece in super().render(renderable, options):
                yield piece if piece.control else Segment(printable(piece.text), piece.style)

        def on_broken_pipe(self) -> None:
            # rich would leave with 1, the code of an internal fault; the command line knows that
            # the reader has seen enough
            raise BrokenPipeError

    return SafeConsole


def emit(text: str, end: str = "\n") -> None:
    """A text on stdout."""
    sys.stdout.write(printable(text) + end)


def print_json(document: object) -> None:
    """Strict JSON on stdout."""
    # of the characters that a terminal obeys, JSON writes all but this one as an escape
    sys.stdout.write(
        json.dumps(document, indent=1, allow_nan=False).replace("\x7f", "\\u007f") + "\n"
    )


def say(text: str, quiet: bool = False) -> None:
    """A message on stderr."""
    if not quiet:
        print(printable(text), file=sys.stderr)
