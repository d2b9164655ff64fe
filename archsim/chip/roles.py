"""The closed vocabulary of a chip's roles: the names under which the simulator counts, so a part
under another name would cost nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archsim.chip.blocks import blocks
from hwlib.errors import InputError, nearest

# The simulator counts by the laws of the blocks, and the clock beside them.
ROLES = tuple(dict.fromkeys(role for block in blocks() for role in block.roles)) + ("clock_tree",)

# Those that a chip may be without, where its description says so (`absent`): what they would have
# done is then not priced.
OPTIONAL = frozenset({"clock_tree"}.union(*(block.without for block in blocks())))

# What lets a part bear a name of its own: it works because others do, or it is said to do nothing
# that is counted.
OF_ITS_OWN = ("follows", "takes", "area_only")


def check_roles(content: Mapping[str, Any], where: str) -> None:
    """Hold the roles of a chip description, as its file gives it, to the vocabulary.

    Raises InputError for a role that nothing is counted under, and for an `absent` role that is
    none, that no chip can be without, or that the chip has. What is no table is left to the checks
    of types.
    """
    components = content.get("components")
    absent = content.get("absent")
    components = components if isinstance(components, Mapping) else {}
    for role, entry in components.items():
        if role not in ROLES and not (
            isinstance(entry, Mapping) and any(entry.get(field) for field in OF_ITS_OWN)
        ):
            hints = [
                nearest(role, ROLES),
                "a part of another name needs follows or takes, or area_only = true",
            ]
            raise InputError(
                "unknown role: nothing is counted under this name, so its energy would be lost",
                where=f"{where}: components.{role}",
                got=role,
                allowed=ROLES,
                hint="; ".join(filter(None, hints)),
            )
        if isinstance(entry, Mapping) and entry.get("area_only"):
            _check_idle(role, entry, where)
    for role in absent if isinstance(absent, list | tuple) else ():
        if not isinstance(role, str) or role not in OPTIONAL:
            raise InputError(
                "not a role that a chip can be without",
                where=f"{where}: absent",
                got=role,
                allowed=sorted(OPTIONAL),
                hint=nearest(role, OPTIONAL),
            )
        if role in components:
            raise InputError(
                "the chip has this part, so it is not absent", where=f"{where}: absent", got=role
            )


def _check_idle(role: str, entry: Mapping[str, Any], where: str) -> None:
    """Refuse a part that is said to do nothing and is given work all the same."""
    given = [field for field in ("follows", "takes") if entry.get(field)]
    if role in ROLES or given:
        raise InputError(
            "a part of area_only does nothing that is counted, and this one has work to do",
            where=f"{where}: components.{role}.area_only",
            got=True,
            hint=f"leave out {given[0]}" if given else "give the part a name of its own",
        )
