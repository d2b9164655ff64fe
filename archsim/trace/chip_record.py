"""A chip as a measurement keeps it: its name, all its settings, and a digest that shows damage and
difference at a glance.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.chip.config import Architecture

_FIELDS = {"name": str, "digest": str, "settings": dict}


def digest_of(settings: dict[str, Any]) -> str:
    """SHA-256 of the settings as canonical JSON."""
    # Keys in order: the digest is of the settings, not of the order of a file.
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def record_of(chip: Architecture) -> dict[str, Any]:
    """Name, digest and settings of a chip, as plain JSON."""
    # What was set, not every default: a chip of before a field was added still has its digest.
    settings = chip.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return {"name": chip.name, "digest": digest_of(settings), "settings": settings}


def check_record(value: Any, where: str) -> dict[str, Any]:
    """A record that was read from a file. Raises InputError where it is none, or damaged."""
    if not isinstance(value, dict):
        raise InputError("not a table", where=where, got=value)
    for name, kind in _FIELDS.items():
        if not isinstance(value.get(name), kind):
            raise InputError(
                "required field is missing" if name not in value else "has the wrong type",
                where=f"{where}.{name}",
            )
    if extra := sorted(set(value) - set(_FIELDS)):
        raise InputError("unknown field", where=f"{where}.{extra[0]}", allowed=tuple(_FIELDS))
    if digest_of(value["settings"]) != value["digest"]:
        raise InputError(
            "the settings of the recorded chip do not fit their digest: the file was changed or damaged",
            where=f"{where}.digest",
            hint="leave the field chip out, and name the chip with --arch",
        )
    return value


RECORD_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": [*_FIELDS],
    "properties": {
        "name": {"type": "string"},
        "digest": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "settings": {"type": "object"},
    },
}
