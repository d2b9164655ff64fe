"""A trace from its file, of an update rule that this archsim knows."""

from __future__ import annotations

from pathlib import Path

from archsim.readers.call_types import takes_its_types
from archsim.schemes import list_schemes
from archsim.trace import Trace
from archsim.trace.file import load_trace as read_trace
from hwlib.errors import unknown


@takes_its_types()
def load_trace(path: str | Path) -> Trace:
    """A recorded trace.

    Args:
        path: a JSON file that `archsim trace`, a training or another tool wrote; `archsim show schema
            trace` prints its form.

    Returns:
        the `Trace`.

    Raises:
        InputError: where it cannot be read, contradicts its matrices or itself, or names an unknown
            update rule.
    """
    trace = read_trace(path)
    if trace.scheme is not None and trace.scheme not in list_schemes():
        raise unknown("scheme", trace.scheme, list_schemes(), f"{path}: scheme")
    return trace
