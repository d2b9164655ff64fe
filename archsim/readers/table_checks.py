"""Checks of tables: fields that must be there, fields that may, and no other."""

from __future__ import annotations

import dataclasses
from typing import Any

from archsim.readers.checks import (
    Check,
    Value,
    below,
    count,
    described,
    flag,
    number,
    refuse_unknown,
    text,
)
from hwlib.errors import InputError, nearest


@described({"type": "object"})
def any_table(value: Any, where: str) -> dict[str, Any]:
    """A table of anything; whoever takes it checks what is in it."""
    if not isinstance(value, dict):
        raise InputError("not a table", where=where, got=value)
    return value


def table(
    each: Check[Value], kind: str = "", names: tuple[str, ...] = ()
) -> Check[dict[str, Value]]:
    """A table of names (only those in `names`, where given) to values."""

    @described(
        {
            "type": "object",
            "propertyNames": {"enum": list(names)} if names else text.schema,
            "additionalProperties": each.schema,
        }
    )
    def check(value: Any, where: str) -> dict[str, Value]:
        for name in any_table(value, where):
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


def optional(each: Check[Value]) -> Check[Value | None]:
    """null, or what `each` allows."""

    @described({"anyOf": [each.schema, {"type": "null"}]})
    def check(value: Any, where: str) -> Value | None:
        return None if value is None else each(value, where)

    return check


def record(
    cls: type[Value], leave_out: tuple[str, ...] = (), **special: Check[Any]
) -> Check[Value]:
    """A dataclass from a table: no unknown field, none without a default missing. A field that is
    not `special` is checked by its annotation: int and float from 0 on, bool, str."""
    plain: dict[str, Check[Any]] = {"int": count(0), "float": number(), "bool": flag, "str": text}
    own = dataclasses.fields(cls)  # type: ignore[arg-type]  # every caller gives a dataclass
    fields = {
        field.name: special.get(field.name) or plain[str(field.type)]
        for field in own
        if field.name not in leave_out
    }
    required = [
        field.name
        for field in own
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
    def check(value: Any, where: str) -> Value:
        refuse_unknown(any_table(value, where.rstrip(": ")), fields, where)
        for name in required:
            if name not in value:
                raise InputError("required field is missing", where=below(where, name))
        return cls(**{name: fields[name](item, below(where, name)) for name, item in value.items()})

    return check
