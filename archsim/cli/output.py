"""Where output goes: results on stdout, all else on stderr."""

from __future__ import annotations

import json
import os
import sys

_WIDE = 160  # into a pipe or a file there is no terminal to fit


def console(stderr: bool = False):
    """A rich console; as wide as the terminal, or wide where there is none."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else _WIDE
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False)


def print_json(document: object) -> None:
    """Strict JSON on stdout."""
    sys.stdout.write(json.dumps(document, indent=1, allow_nan=False) + "\n")


def say(text: str, quiet: bool = False) -> None:
    """A message on stderr."""
    if not quiet:
        print(text, file=sys.stderr)
