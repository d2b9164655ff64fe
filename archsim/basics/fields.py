"""Which fields of a group of settings are not at their default."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import BaseModel


def changed_fields(
    settings: BaseModel, *, leave_out: Collection[str] = (), prefix: str = ""
) -> Iterator[str]:
    """Paths of the fields that are off their default, section by section, without those of the top
    to `leave_out`. A field that has no default is never among them."""
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        if name in leave_out:
            continue
        if hasattr(type(value), "model_fields"):
            yield from changed_fields(value, prefix=f"{prefix}{name}.")
        elif not field.is_required() and value != field.get_default(call_default_factory=True):
            yield f"{prefix}{name}"
