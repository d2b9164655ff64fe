"""Fields of pydantic models as rows: name, unit, default, range, meaning."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from docs.from_code.field_texts import texts_under_fields
from docs.from_code.markdown import code
from hwlib.effects import effects_in

# The unit of a field is the end of its name.
UNITS = {
    "bits_per_cycle": "bits a cycle",
    "bits_per_slot": "bits",
    "width_bits": "bits a cycle",
    "cycles": "cycles",
    "bits": "bits",
    "nm": "nm",
    "ns": "ns",
    "mhz": "MHz",
    "kib": "KiB",
    "us": "µS",
    "ua": "µA",
    "v": "V",
    "levels": "levels of the converter",
    "pulses": "pulses",
    "resolution": "bits",
    "train_length": "slots",
}


@dataclass(frozen=True)
class FieldRow:
    """One field of a settings file."""

    path: str
    unit: str
    default: str
    allowed: str
    meaning: str


def field_rows(model: type[BaseModel], prefix: str = "") -> Iterator[FieldRow]:
    """Every field of a model, and of the models within it, with its path."""
    meanings = texts_under_fields(model)
    for name, field in model.model_fields.items():
        shown = f"{prefix}{field.alias or name}"
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from field_rows(field.annotation, f"{shown}.")
        elif not _is_table_of_models(field):
            meaning = field.description or meanings.get(name, "")
            yield FieldRow(shown, unit_of(name), default_of(field), allowed_of(field), meaning)


def _is_table_of_models(field: FieldInfo) -> bool:
    """A table that has a section of its own; one that declares what it moves has a row as well."""
    inside = typing.get_args(field.annotation)
    tables = any(isinstance(item, type) and issubclass(item, BaseModel) for item in inside)
    return tables and effects_in(field.metadata) is None


def unit_of(name: str) -> str:
    """The unit that a field's name ends with; "" for numbers without one."""
    ends = (end for end in UNITS if name == end or name.endswith(f"_{end}"))
    return UNITS.get(max(ends, key=len, default=""), "")


def default_of(field: FieldInfo) -> str:
    """The default as TOML writes it."""
    if field.is_required():
        return "needed"
    value = field.get_default(call_default_factory=True)
    return "" if value is PydanticUndefined else code(toml(value))


def toml(value: object) -> str:
    """A value as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, dict):
        return "{}" if not value else repr(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def allowed_of(field: FieldInfo) -> str:
    """The words or the range that a field takes."""
    return _allowed(field.annotation, list(field.metadata))


def _allowed(annotation: Any, limits: list[Any]) -> str:
    origin = typing.get_origin(annotation)
    inside = typing.get_args(annotation)
    if origin is typing.Annotated:
        return _allowed(inside[0], [*inside[1:], *limits])
    if origin is Literal:
        return ", ".join(code(toml(word)) for word in inside)
    if origin is tuple and inside[-1] is not Ellipsis:
        return f"[{', '.join(_allowed(item, []) for item in inside)}]"
    if origin is tuple or origin is list:
        return "a list of texts" if inside[0] is str else f"a list: {_allowed(inside[0], [])}"
    if origin is dict:
        return f"a table: {_allowed(inside[1], limits)}"
    if origin is not None:
        said = [item for item in inside if item is not type(None)]
        return " or ".join(_allowed(item, limits) for item in said)
    return _plain(annotation, limits)


def _plain(annotation: Any, limits: list[Any]) -> str:
    if annotation is bool:
        return "`true`, `false`"
    if annotation is Any:
        return "numbers and texts"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "tables"
    if annotation is str:
        return "a text" + _lengths(limits)
    kind = "whole number" if annotation is int else "number"
    span = _span(_flat(limits))
    return f"{kind} {span}".strip()


def _flat(limits: list[Any]) -> list[Any]:
    """The limits, also those that stand inside of a `Field`."""
    return [
        limit
        for item in limits
        for limit in (item.metadata if isinstance(item, FieldInfo) else [item])
    ]


def _span(limits: list[Any]) -> str:
    low = high = ""
    for limit in limits:
        if isinstance(limit, Ge):
            low = _number(limit.ge)
        elif isinstance(limit, Gt):
            low = f"above {_number(limit.gt)}"
        elif isinstance(limit, Le):
            high = _number(limit.le)
        elif isinstance(limit, Lt):
            high = f"below {_number(limit.lt)}"
    if low and high:
        return f"{low} to {high}"
    if low:
        return low if low.startswith("above") else f"{low} or more"
    return f"up to {high}" if high else ""


def _number(value: Any) -> str:
    return f"{int(value):,}" if value == int(value) and abs(value) < 10**10 else f"{value:g}"


def _lengths(limits: list[Any]) -> str:
    bounds = {type(limit): limit for limit in _flat(limits)}
    if MinLen in bounds and MaxLen in bounds:
        return f" of {bounds[MinLen].min_length} to {bounds[MaxLen].max_length} characters"
    return ""
