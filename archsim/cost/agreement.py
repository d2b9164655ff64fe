"""Whether a stored number follows from others, and the error that says where it does not."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, TypeGuard

from archsim.cost.paths import Document
from hwlib.errors import InputError

CLOSE = 1e-9
"""Relative difference that the rounding of sums may leave."""


def is_number(value: object) -> TypeGuard[int | float]:
    """True for a number that is not true or false."""
    # JSON's true is a bool, and Python's bool an int: 1 would equal true.
    return isinstance(value, int | float) and not isinstance(value, bool)


def follows(document: Document, path: str, terms: Iterable[float], where: str, what: str) -> None:
    """Hold the number at a path against the sum of terms.

    Args:
        document: the document, or a table of it.
        path: the number in it, with dots.
        terms: what it is the sum of.
        where: file, and the table where it is one.
        what: what the terms are, in words.

    Raises:
        InputError: where it is not their sum, or is left out.
    """
    value: Any = document
    for key in path.split("."):
        if not isinstance(value, Mapping) or key not in value:
            raise InputError(
                "a field is missing",
                where=f"{where}: {path}",
                hint="the file was damaged or edited; make it again",
            )
        value = value[key]
    known = list(terms)
    expected = math.fsum(known)
    # Terms may cancel (100 % less an error): what rounding leaves is then a share of the largest
    # term, not of the sum, for which a relative tolerance alone would be too narrow.
    largest = max(map(abs, known), default=0.0)
    if not math.isclose(value, expected, rel_tol=CLOSE, abs_tol=CLOSE * largest):
        raise differs(where, path, value, expected, what)


def differs(where: str, path: str, stored: object, again: object, what: str) -> InputError:
    """The error for a number that does not follow from `what`."""
    return InputError(
        f"does not follow from {what}",
        where=f"{where}: {path}",
        got=stored,
        # All digits: printed to six, two numbers that differ would read alike.
        allowed=repr(again),
        hint="the file was damaged or edited; make it again",
    )
