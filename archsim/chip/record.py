"""The chip that a record was made of, again, and where a chip of today differs from it."""

from __future__ import annotations

from typing import Any

from archsim.chip.config import Architecture
from archsim.chip.load import validate
from archsim.trace.chip_record import record_of
from hwlib.errors import InputError

_SHOWN = 5


def chip_of_record(record: dict[str, Any], where: str) -> Architecture:
    """The chip of a record. Raises InputError for settings that this version does not allow."""
    return validate(record["settings"], f"{where}: chip '{record['name']}'")


def differences(record: dict[str, Any], chip: Architecture) -> list[str]:
    """The first few settings in which a chip is not the recorded one: "path (then, now)"; empty for
    the same chip.
    """
    now = record_of(chip)
    if record["digest"] == now["digest"]:
        return []
    try:
        then = chip_of_record(record, "").model_dump(mode="json", by_alias=True)
    except InputError:
        return ["settings that this version does not allow"]
    one = _flat(then)
    two = _flat(chip.model_dump(mode="json", by_alias=True))
    changed = [path for path in {**one, **two} if one.get(path) != two.get(path)]
    more = [f"and {len(changed) - _SHOWN} more"] if len(changed) > _SHOWN else []
    return [f"{path} ({one.get(path)}, now {two.get(path)})" for path in changed[:_SHOWN]] + more


def _flat(tree: dict[str, Any], path: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        flat |= (
            _flat(value, f"{path}{key}.") if isinstance(value, dict) else {f"{path}{key}": value}
        )
    return flat
