"""The one error a user may cause: it says what, where, got what, allowed what, and the nearest
match.
"""

from __future__ import annotations

import difflib
import itertools
import sys
from collections.abc import Callable, Iterable
from typing import TypeGuard

from hwlib.text import printable

MOST_NAMED = 150
"""Allowed values that a message names: all operators, not all layers of a network."""


class InputError(ValueError):
    """The input is wrong. The command line prints it without a traceback and exits with code 2.

    Args:
        what: the fault in a few words.
        where: file, line or field path; empty where the fault has none.
        got: the offending value.
        allowed: the allowed values, or their range in words.
        hint: what to do about it, or the nearest name.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        got: object = None,
        allowed: str | Iterable[object] | None = None,
        hint: str = "",
    ):
        self.what = what
        self.where = where
        self.got = got
        self.allowed = allowed
        self.hint = hint
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """The whole message, one fact a clause; nothing that a file or a path brought in can steer
        a terminal.
        """
        text = f"{self.where}: {self.what}" if self.where else self.what
        if self.got is not None:
            text += f"; got {shorten(self.got)}"
        if self.allowed is not None:
            text += f"; allowed: {_listed(self.allowed)}"
        if self.hint:
            text += f"; {self.hint}"
        return printable(text)

    def __reduce__(self) -> tuple[Callable[..., InputError], tuple[object, ...]]:
        # a worker sends it to its parent; Exception would rebuild it from its message alone
        facts = (type(self), self.what, self.where, self.got, self.allowed, self.hint)
        return _rebuild, facts


def told_at(error: InputError, where: str, got: object = None) -> InputError:
    """The same fault, told at another place; `got` stands for what it got, where it names nothing."""
    got = got if error.got is None else error.got
    return InputError(error.what, where=where, got=got, allowed=error.allowed, hint=error.hint)


def told_within(error: InputError, where: str) -> InputError:
    """The same fault, told with what its place is a part of."""
    return told_at(error, f"{where}: {error.where}".rstrip(": "))


def is_finite(value: object) -> TypeGuard[int | float]:
    """True for a number that a float can hold: neither true nor false, NaN or infinity, nor a whole
    number of hundreds of digits.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    # Compared as what it is: float() of a whole number of hundreds of digits overflows, and NaN
    # fails every comparison.
    return abs(value) <= sys.float_info.max


class StoredNote(UserWarning):
    """What a reader of stored numbers should know of them. The command line prints it as a note;
    Python warns.
    """


def _rebuild(
    kind: type[InputError],
    what: str,
    where: str,
    got: object,
    allowed: str | Iterable[object] | None,
    hint: str,
) -> InputError:
    return kind(what, where=where, got=got, allowed=allowed, hint=hint)


def shorten(value: object, limit: int = 80) -> str:
    """`repr` of a value, cut to `limit` characters so that a broken file cannot flood the terminal."""
    try:
        text = repr(_cut(value, limit))
    except ValueError:  # Python writes no whole number of more than some thousand digits
        text = "a huge number"
    except RecursionError:
        text = f"a {type(value).__name__} nested too deeply"
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _listed(allowed: str | Iterable[object]) -> str:
    """The allowed values in one line, the first ones of very many."""
    if isinstance(allowed, str):
        return allowed
    words = [str(word) for word in allowed]
    more = f" and {len(words) - MOST_NAMED} more" if len(words) > MOST_NAMED else ""
    return ", ".join(words[:MOST_NAMED]) + more


def _cut(value: object, limit: int) -> object:
    # the repr of a list of a million entries takes a second and is thrown away
    if isinstance(value, str | bytes | list | tuple) and len(value) > limit:
        return value[:limit]
    return value


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint 'did you mean …?' for a misspelt name, or an empty string where nothing is near."""
    # the search takes the product of the lengths: no name is longer than this, and a million layers
    # are no help
    known = [word for word in itertools.islice(known, 2000) if len(word) <= 100]
    match = difflib.get_close_matches(str(name)[:100], known, n=1, cutoff=0.5)
    return f"did you mean '{match[0]}'?" if match else ""


def unknown(kind: str, name: str, known: Iterable[str], where: str = "") -> InputError:
    """The error for a name that is not in a list of known names, with the nearest one."""
    known = sorted(known)
    return InputError(
        f"unknown {kind}", where=where, got=name, allowed=known, hint=nearest(name, known)
    )
