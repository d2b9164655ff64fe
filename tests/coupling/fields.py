"""The settings of a schema with their declarations, and other values of each."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from hwlib.effects import Effects, effects_in
from hwlib.parameter import Parameter


class Field(NamedTuple):
    """A setting: its path, what declares it, and what it must move."""

    path: str
    info: FieldInfo
    effects: Effects | None


def fields_of(model: type[BaseModel], prefix: str = "") -> Iterator[Field]:
    """Every setting of a model and of the models within it; a word without another is none."""
    for name, info in model.model_fields.items():
        inside = info.annotation
        if isinstance(inside, type) and issubclass(inside, BaseModel):
            yield from fields_of(inside, f"{prefix}{name}.")
        elif not _is_table_of_models(info) and len(_words(info)) != 1:
            yield Field(f"{prefix}{name}", info, effects_in(info.metadata))


def _is_table_of_models(info: FieldInfo) -> bool:
    inside = typing.get_args(info.annotation)
    known = [item for item in inside if isinstance(item, type) and issubclass(item, BaseModel)]
    return bool(known) and effects_in(info.metadata) is None


def _words(info: FieldInfo) -> tuple[Any, ...]:
    return typing.get_args(info.annotation) if _origin(info) is typing.Literal else ()


def _origin(info: FieldInfo) -> Any:
    return typing.get_origin(info.annotation)


def other_values(info: FieldInfo, now: Any) -> list[Any]:
    """Values that a setting does not have now, near and far: other words, the other switch, twice and
    half and eight times a number, and its lowest.
    """
    if words := _words(info):
        return [word for word in words if word != now]
    if isinstance(now, bool):
        return [not now]
    if isinstance(now, int):
        candidates = [now * 2, now // 2, now * 8, *_ends(info)] if now else [1, 2, 8]
    elif isinstance(now, float):
        candidates = (
            [now * 2, now / 2, now * 8, now / 16, *_towards(info, now)]
            if now
            else [0.05, 1.0, 50.0]
        )
    elif now is None:
        candidates = [0.5]
    else:
        return []
    allowed = [
        value for value in dict.fromkeys(candidates) if value != now and _allows(info, value)
    ]
    return [type(now)(value) if now is not None else value for value in allowed]


def _limits(info: FieldInfo) -> dict[str, float]:
    return {
        word: getattr(limit, word)
        for limit in info.metadata
        for word in ("ge", "gt", "le", "lt")
        if getattr(limit, word, None) is not None
    }


def _ends(info: FieldInfo) -> list[Any]:
    limits = _limits(info)
    return [limits["ge"]] if "ge" in limits else []


def _towards(info: FieldInfo, now: float) -> list[float]:
    limits = _limits(info)
    high = limits.get("le", limits.get("lt"))
    return [] if high is None else [(now + high) / 2, high - (high - now) / 16]


def _allows(info: FieldInfo, value: Any) -> bool:
    limits = _limits(info)
    low = limits.get("ge", float("-inf")) <= value and limits.get("gt", float("-inf")) < value
    return (
        low and value <= limits.get("le", float("inf")) and value < limits.get("lt", float("inf"))
    )


def other_parameters(parameter: Parameter, now: Any) -> list[Any]:
    """Values that a parameter does not have now, near and far."""
    if parameter.choices:
        return [word for word in parameter.choices if word != now]
    low, high = parameter.limits()
    candidates = (
        [now * 2, now / 2, now + 1, now - 1, low, high] if now else [0.3, low / 2 or high / 2]
    )
    made = [int(value) if parameter.integer else float(value) for value in candidates]
    return [value for value in dict.fromkeys(made) if low <= value <= high and value != now]
