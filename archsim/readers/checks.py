"""Checks of what a file says: each is a call (value, where) -> value that raises InputError with the
place, and carries the same as JSON Schema, so that what is read and what is published cannot drift
apart.

Small ones (`text`, `flag`, `count`, `number`, `choice`) are put together by `listed`, `table`,
`optional` and `record`; a stored document of archsim's own is described by its form instead
(`archsim.readers.form`), whose leaves are these checks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from hwlib.errors import InputError, nearest

# Counts stay whole numbers in a double up to here.
LARGEST = 2**53

Value = TypeVar("Value")


@dataclass(frozen=True)
class Check(Generic[Value]):
    """What a value may be: `schema` says it in JSON Schema, `read` checks it.

    Args of the call:
        value: as JSON or TOML gave it.
        where: its file and its place there, such as `net.json: layer[3].kernel`.

    Returns:
        The value, where a check converts it as what it is read as.

    Raises:
        InputError: what is wrong, where, what was got, what is allowed.
    """

    schema: Mapping[str, Any]
    read: Callable[[Any, str], Value]

    def __call__(self, value: object, where: str) -> Value:
        return self.read(value, where)


def described(schema: Mapping[str, Any]) -> Callable[[Callable[[Any, str], Value]], Check[Value]]:
    """Decorator: make a function (value, where) -> value a check by its JSON Schema."""

    def give(read: Callable[[Any, str], Value]) -> Check[Value]:
        return Check(schema, read)

    return give


@described({"type": "string", "minLength": 1, "maxLength": 1000})
def text(value: Any, where: str) -> str:
    """A name: short and printable."""
    if not isinstance(value, str) or not 1 <= len(value) <= 1000 or not value.isprintable():
        raise InputError(
            "not a name", where=where, got=value, allowed="1 to 1000 printable characters"
        )
    return value


@described({"type": "string"})
def note(value: Any, where: str) -> str:
    """Any text."""
    if not isinstance(value, str):
        raise InputError("not a text", where=where, got=value)
    return value


@described({"type": "boolean"})
def flag(value: Any, where: str) -> bool:
    """true or false."""
    if not isinstance(value, bool):
        raise InputError("not true or false", where=where, got=value)
    return value


def choice(kind: str, *choices: str) -> Check[str]:
    """One of some words."""

    @described({"enum": list(choices)})
    def check(value: Any, where: str) -> str:
        if isinstance(value, str) and value in choices:
            return value
        raise InputError(
            f"unknown {kind}",
            where=where,
            got=value,
            allowed=choices,
            hint=nearest(str(value), choices),
        )

    return check


def count(lowest: int, highest: int = LARGEST, what: str = "a whole number in range") -> Check[int]:
    """A whole number from `lowest` to `highest`."""
    allowed = f"{lowest} to {highest}" if highest < LARGEST else _range(lowest, highest)

    @described({"type": "integer", "minimum": lowest, "maximum": highest})
    def check(value: Any, where: str) -> int:
        # True is an int in Python, and no count.
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
            raise InputError(f"not {what}", where=where, got=value, allowed=allowed)
        return value

    return check


def number(
    highest: float = LARGEST, lowest: float = 0, what: str = "a number in range"
) -> Check[float]:
    """A number from `lowest` to `highest`, which are finite."""
    allowed = _range(lowest, highest)

    @described({"type": "number", "minimum": lowest, "maximum": highest})
    def check(value: Any, where: str) -> float:
        # the comparison refuses NaN and infinity (1e999 reads as one) too
        if (
            not isinstance(value, int | float)
            or isinstance(value, bool)
            or not lowest <= value <= highest
        ):
            raise InputError(f"not {what}", where=where, got=value, allowed=allowed)
        return value

    return check


def positive(highest: float, what: str = "a number above zero") -> Check[float]:
    """A number above zero, up to `highest`."""
    # Above zero and without an exclusive bound of its own: from the least float on.
    smallest = math.nextafter(0.0, 1.0)
    least = number(highest, smallest, what)
    return Check({"type": "number", "exclusiveMinimum": 0, "maximum": highest}, least.read)


def _range(lowest: float, highest: float) -> str | None:
    """The words for a range; None where its end is only that of what a float holds."""
    if highest >= 1e300:
        return None
    return f"{lowest:g} to {'2^53' if highest == LARGEST else f'{highest:g}'}"


def listed(each: Check[Value]) -> Check[tuple[Value, ...]]:
    """A list, as a tuple."""

    @described({"type": "array", "items": each.schema})
    def check(value: Any, where: str) -> tuple[Value, ...]:
        if not isinstance(value, list | tuple):
            raise InputError("not a list", where=where, got=value)
        return tuple(each(item, f"{where}[{index}]") for index, item in enumerate(value))

    return check


def refuse_unknown(value: Mapping[str, object], allowed: Mapping[str, Any], where: str) -> None:
    """Raise InputError for the first field of a table that is not among the `allowed`."""
    for name in value:
        if name not in allowed:
            raise InputError(
                "unknown field",
                where=below(where, name),
                allowed=sorted(allowed),
                hint=nearest(name, allowed),
            )


def below(where: str, name: str) -> str:
    """The place of a field: directly behind "file: ", with a dot behind another field."""
    return f"{where}{name}" if where.endswith(": ") else f"{where}.{name}"
