"""The form of a stored document, field by field, and the check of what was read against it.

A form is written as data: a text names a leaf (`LEAVES`; a trailing '?' allows null), {"*": form} is
a table with any names, [form] a list, a tuple of forms a list of just that length. The name of a
field takes one '?' where it may be null, two where it may be missing (documents of earlier
versions).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias, TypeGuard

from hwlib.errors import InputError, shorten

Form: TypeAlias = "str | Sequence[Form] | Mapping[str, Form]"
_ROUNDING = 1e-9
_LARGEST = 1e300  # a whole number of JSON may be too large for a float


class Leaf(NamedTuple):
    """A kind of value: whether one is of it, and what it is called in a message."""

    holds: Callable[[object], bool]
    called: str


def _number(value: object) -> TypeGuard[int | float]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < _LARGEST  # false for NaN too


def _count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and _number(value)


LEAVES = {
    "text": Leaf(lambda value: isinstance(value, str), "a text"),
    "flag": Leaf(lambda value: isinstance(value, bool), "true or false"),
    "whole": Leaf(_count, "a whole number"),
    "count": Leaf(lambda value: _count(value) and value >= 0, "a whole number of at least 0"),
    "some": Leaf(lambda value: _count(value) and value > 0, "a whole number of at least 1"),
    "number": Leaf(_number, "a finite number"),
    "positive": Leaf(lambda value: _number(value) and value > 0, "a finite number above zero"),
    "amount": Leaf(lambda value: _number(value) and value >= 0, "a finite number of at least 0"),
    "share": Leaf(
        lambda value: _number(value) and 0 <= value <= 1 + _ROUNDING, "a share from 0 to 1"
    ),
    "percent": Leaf(
        lambda value: _number(value) and -_ROUNDING <= value <= 100 + _ROUNDING,
        "a percentage from 0 to 100",
    ),
    "node": Leaf(
        lambda value: _number(value) and 0.5 <= value <= 10_000,
        "a technology node from 0.5 to 10,000 nm",
    ),
    "scalar": Leaf(
        lambda value: _number(value) or isinstance(value, str | bool), "a finite number or a word"
    ),
}
"""Beside these, "any" is anything that JSON holds, without numbers that are not finite."""


def check_form(value: object, form: Form, where: str, path: str) -> None:
    """Hold a value that was read against a form.

    Args:
        value: what JSON or TOML gave.
        form: what it has to be, written as this module says.
        where: the file.
        path: the field in it.

    Raises:
        InputError: with the field path, where the value is not of the form.
    """
    if isinstance(form, str):
        _check_leaf(value, form, where, path)
    elif isinstance(form, Mapping):
        _check_table(value, form, where, path)
    else:
        _check_list(value, form, where, path)


def _check_list(value: object, form: Sequence[Form], where: str, path: str) -> None:
    length = len(form) if isinstance(form, tuple) else None
    if not isinstance(value, list | tuple) or length not in (None, len(value)):
        what = "not a list" if length is None else f"not a list of {length}"
        raise InputError(what, where=f"{where}: {path}", got=value)
    for index, item in enumerate(value):
        check_form(item, form[0 if length is None else index], where, f"{path}[{index}]")


def _check_table(value: object, form: Mapping[str, Form], where: str, path: str) -> None:
    if not isinstance(value, dict):
        raise InputError("not a table", where=f"{where}: {path}", got=value)
    dot = f"{path}." if path else ""
    for key in () if "*" in form else form:
        name = key.rstrip("?")
        if name not in value and key.endswith("??"):
            continue
        if name not in value:
            raise InputError(f"field '{dot}{name}' is missing", where=where)
        if value[name] is not None or not key.endswith("?") or key.endswith("??"):
            check_form(value[name], form[key], where, dot + name)
    for key, item in value.items():
        if "*" in form:
            check_form(item, form["*"], where, f"{dot}{shorten(key)[1:-1]}")
        elif not {key, f"{key}?", f"{key}??"} & set(form):
            check_form(item, "any", where, f"{dot}{shorten(key)[1:-1]}")


def _check_leaf(value: object, form: str, where: str, path: str) -> None:
    name = form.rstrip("?")
    if name == "any":
        _check_finite(value, where, path)
        return
    if value is None and form.endswith("?"):
        return
    leaf = LEAVES[name]
    if not leaf.holds(value):
        raise InputError(f"not {leaf.called}", where=f"{where}: {path}", got=value)


def _check_finite(value: Any, where: str, path: str) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            _check_finite(item, where, f"{path}.{shorten(key)[1:-1]}")
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            _check_finite(item, where, f"{path}[{index}]")
    elif isinstance(value, int | float) and not abs(value) < _LARGEST:
        raise InputError("not a finite number", where=f"{where}: {path}", got=value)
