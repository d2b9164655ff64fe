"""The one error a user may cause: it says what, where, got what, allowed what, and the nearest match."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """The input is wrong. The command line prints it without a traceback and exits with code 2.

    Parameters: `what` is the fault in a few words; `where` is a file, line or field path; `got` the offending
    value; `allowed` the allowed values or range; `hint` what to do about it.
    """

    def __init__(self, what: str, *, where: str = "", got: object = None, allowed: object = None, hint: str = ""):
        self.what, self.where, self.got, self.allowed, self.hint = what, where, got, allowed, hint
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """The whole message, one fact a clause."""
        text = f"{self.where}: {self.what}" if self.where else self.what
        if self.got is not None:
            text += f"; got {shorten(self.got)}"
        if self.allowed is not None:
            allowed = self.allowed if isinstance(self.allowed, str) else ", ".join(map(str, self.allowed))
            text += f"; allowed: {allowed}"
        if self.hint:
            text += f"; {self.hint}"
        return text

    def __reduce__(self):
        return _rebuild, (type(self), self.what, self.where, self.got, self.allowed, self.hint)


def _rebuild(cls, what, where, got, allowed, hint):
    return cls(what, where=where, got=got, allowed=allowed, hint=hint)


def shorten(value: object, limit: int = 80) -> str:
    """`repr` of a value, cut to `limit` characters so that a broken file cannot flood the terminal."""
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint 'did you mean …?' for a misspelt name, or an empty string where nothing is near."""
    match = difflib.get_close_matches(str(name), list(known), n=1, cutoff=0.5)
    return f"did you mean '{match[0]}'?" if match else ""


def unknown(kind: str, name: str, known: Iterable[str], where: str = "") -> InputError:
    """The error for a name that is not in a list of known names, with the nearest one."""
    known = sorted(known)
    return InputError(f"unknown {kind}", where=where, got=name, allowed=known, hint=nearest(name, known))
