"""What pydantic found wrong, in the words of a chip file: one InputError with the field path, what
is allowed, the nearest name.
"""

from __future__ import annotations

import typing
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from hwlib.errors import InputError, nearest

_KINDS = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "string_type": "a text",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "dict_type": "a table",
    "tuple_type": "a list",
    "list_type": "a list",
}
# kind -> name of the bound, and the words around it
_BOUNDS = {
    "greater_than_equal": ("ge", "at least {:g}"),
    "greater_than": ("gt", "more than {:g}"),
    "less_than_equal": ("le", "at most {:g}"),
    "less_than": ("lt", "less than {:g}"),
    "string_too_short": ("min_length", "{} character or more"),
    "string_too_long": ("max_length", "up to {} characters"),
    "too_short": ("min_length", "{} or more entries"),
    "too_long": ("max_length", "up to {} entries"),
}


def explain(faults: Sequence[Mapping[str, Any]], where: str, model: type[BaseModel]) -> InputError:
    """The error for the first fault; a misspelt field comes before the one that is missing for it."""
    first = next((fault for fault in faults if fault["type"] == "extra_forbidden"), faults[0])
    path, inside = field_path(first["loc"], model)
    at = f"{where}: {'.'.join(path)}" if path else where
    kind = first["type"]
    if kind == "missing":
        return InputError("required field is missing", where=at)
    if kind == "extra_forbidden":
        known = sorted(field.alias or name for name, field in inside.model_fields.items())
        return InputError("unknown field", where=at, allowed=known, hint=nearest(path[-1], known))
    if kind == "value_error":
        return InputError(str(first.get("ctx", {}).get("error", first["msg"])), where=at)
    # the members of a union complain one by one about the same field
    same = [fault for fault in faults if field_path(fault["loc"], model)[0] == path]
    allowed = " or ".join(dict.fromkeys(_allowed(fault) for fault in same))
    words = [
        word.strip(" '")
        for fault in same
        if fault["type"] == "literal_error"
        for word in fault["ctx"]["expected"].replace(" or ", ",").split(",")
    ]
    hint = nearest(first["input"], words) if isinstance(first["input"], str) else ""
    return InputError(
        "not an allowed value", where=at, got=first["input"], allowed=allowed, hint=hint
    )


def field_path(
    steps: Sequence[str | int], model: type[BaseModel]
) -> tuple[list[str], type[BaseModel]]:
    """The steps that are fields, keys or positions (not the tags of a union), and the settings that
    hold the last field.
    """
    path = []
    inside = model
    current: Any = model
    for step in steps:
        if isinstance(current, type) and issubclass(current, BaseModel):
            inside = current
            field = next(
                (f for name, f in current.model_fields.items() if step in (name, f.alias)), None
            )
            current = field.annotation if field else None
        elif typing.get_origin(current) is dict and step != "[key]":
            current = typing.get_args(current)[1]
        elif typing.get_origin(current) in (tuple, list) and isinstance(step, int):
            current = typing.get_args(current)[0]
        elif not isinstance(step, int):
            break
        path.append(str(step))
    return path, inside


def _allowed(fault: Mapping[str, Any]) -> str:
    kind = fault["type"]
    if kind in _KINDS:
        return _KINDS[kind]
    if kind in _BOUNDS:
        name, words = _BOUNDS[kind]
        return words.format(fault["ctx"][name])
    if kind == "literal_error":
        return str(fault["ctx"]["expected"])
    text = str(fault["msg"])
    return text[0].lower() + text[1:]
