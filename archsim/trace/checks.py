"""Checks of what a trace file says: small functions (value, place) -> value that raise InputError
with the place.

Each carries the same as JSON Schema in its attribute `schema`, so that what is read and what is
published cannot drift apart.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from hwlib.errors import InputError, nearest

# Counts stay whole numbers in a double up to here.
LARGEST = 2**53

Check = Callable[[Any, str], Any]


def described(schema: dict[str, Any]) -> Callable[[Check], Check]:
    """Decorator: give a check its JSON Schema."""

    def give(check: Check) -> Check:
        check.schema = schema
        return check

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


def choice(kind: str, *choices: str) -> Check:
    """One of some words."""

    @described({"enum": list(choices)})
    def check(value: Any, where: str) -> str:
        if value not in choices:
            raise InputError(
                f"unknown {kind}",
                where=where,
                got=value,
                allowed=choices,
                hint=nearest(str(value), choices),
            )
        return value

    return check


def whole(lowest: int) -> Check:
    """A whole number from `lowest` to 2^53."""

    @described({"type": "integer", "minimum": lowest, "maximum": LARGEST})
    def check(value: Any, where: str) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= LARGEST:
            raise InputError(
                "not a whole number in range", where=where, got=value, allowed=f"{lowest} to 2^53"
            )
        return value

    return check


def number(highest: float = LARGEST) -> Check:
    """A number from 0 to `highest`."""

    @described({"type": "number", "minimum": 0, "maximum": highest})
    def check(value: Any, where: str) -> float:
        # the comparison refuses NaN and infinity (1e999 reads as one) too
        if (
            not isinstance(value, int | float)
            or isinstance(value, bool)
            or not 0 <= value <= highest
        ):
            raise InputError(
                "not a number in range",
                where=where,
                got=value,
                allowed="0 to 2^53" if highest == LARGEST else f"0 to {highest:g}",
            )
        return value

    return check


def listed(each: Check) -> Check:
    """A list, as a tuple."""

    @described({"type": "array", "items": each.schema})
    def check(value: Any, where: str) -> tuple:
        if not isinstance(value, list):
            raise InputError("not a list", where=where, got=value)
        return tuple(each(item, f"{where}[{index}]") for index, item in enumerate(value))

    return check


def table(each: Check, kind: str = "", names: tuple[str, ...] = ()) -> Check:
    """A table of names (only those in `names`, where given) to values."""

    @described(
        {
            "type": "object",
            "propertyNames": {"enum": list(names)} if names else text.schema,
            "additionalProperties": each.schema,
        }
    )
    def check(value: Any, where: str) -> dict:
        if not isinstance(value, dict):
            raise InputError("not a table", where=where, got=value)
        for name in value:
            if names and name not in names:
                raise InputError(
                    f"unknown {kind}",
                    where=where,
                    got=name,
                    allowed=names,
                    hint=nearest(name, names),
                )
        return {text(name, where): each(item, below(where, name)) for name, item in value.items()}

    return check


def optional(each: Check) -> Check:
    """null, or what `each` allows."""

    @described({"anyOf": [each.schema, {"type": "null"}]})
    def check(value: Any, where: str) -> Any:
        return None if value is None else each(value, where)

    return check


def record(cls: type, leave_out: tuple[str, ...] = (), **special: Check) -> Check:
    """A dataclass from a table: no unknown field, none without a default missing. A field that is
    not `special` is checked by its annotation: int and float from 0 on, bool, str."""
    plain = {"int": whole(0), "float": number(), "bool": flag, "str": text}
    fields = {
        field.name: special.get(field.name) or plain[field.type]
        for field in dataclasses.fields(cls)
        if field.name not in leave_out
    }
    required = [
        field.name
        for field in dataclasses.fields(cls)
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    ]

    @described(
        {
            "type": "object",
            "properties": {name: each.schema for name, each in fields.items()},
            "required": required,
            "additionalProperties": False,
        }
    )
    def check(value: Any, where: str) -> Any:
        if not isinstance(value, dict):
            raise InputError("not a table", where=where.rstrip(": "), got=value)
        for name in value:
            if name not in fields:
                raise InputError(
                    "unknown field",
                    where=below(where, name),
                    allowed=sorted(fields),
                    hint=nearest(name, fields),
                )
        for name in required:
            if name not in value:
                raise InputError("required field is missing", where=below(where, name))
        return cls(**{name: fields[name](item, below(where, name)) for name, item in value.items()})

    return check


def below(where: str, name: str) -> str:
    """The place of a field: directly behind "file: ", with a dot behind another field."""
    return f"{where}{name}" if where.endswith(": ") else f"{where}.{name}"
