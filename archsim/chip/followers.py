"""Parts that work because another one does: a router beside the bus, a pooling unit instead of a
vector lane.
"""

from __future__ import annotations

from archsim.chip.config import Architecture
from archsim.chip.kind_chips import AT
from archsim.chip.roles import ROLES
from archsim.ledger.ledger import Ledger
from hwlib import PARTS, find_part
from hwlib.errors import InputError, nearest


def check_followers(chip: Architecture) -> None:
    """Raises InputError with the field path where `follows` or `takes` names an action that is not
    there.
    """
    for name, entry in chip.components.items():
        if not entry.follows and not entry.takes:
            continue
        known = find_part(entry.part).actions
        for field, table in (("follows", entry.follows), ("takes", entry.takes)):
            where = f"{chip.origin}: components.{name}.{field}"
            for action, sources in table.items():
                if action not in known:
                    raise InputError(
                        f"part '{entry.part}' has no such action",
                        where=where,
                        got=action,
                        allowed=sorted(known),
                        hint=nearest(action, known),
                    )
                for source in sources:
                    role = source.split(".")[0]
                    if role not in ROLES or source.count(".") != 1:
                        raise InputError(
                            "not a counted action, which is role.action",
                            where=f"{where}.{action}",
                            got=source,
                            allowed=ROLES,
                            hint=nearest(role, ROLES),
                        )
                    counted = _counted(chip, role, field)
                    if source.split(".")[1] not in counted:
                        raise InputError(
                            "never counted: no such action",
                            where=f"{where}.{action}",
                            got=source,
                            allowed=sorted(counted),
                            hint=nearest(source.split(".")[1], counted),
                        )


def _counted(chip: Architecture, role: str, field: str) -> set[str]:
    # What is taken from a part need not be an action of it: the unit that takes it is there because
    # it has none.
    if field == "follows" and role in chip.components:
        return set(find_part(chip.components[role].part).actions)
    return {action for part in PARTS.values() for action in part.actions}


def with_followers(ledger: Ledger, chip: Architecture) -> Ledger:
    """The ledger with the counts of every component that `follows` or `takes` counted actions of
    others.

    What is taken leaves the one that was counted first; two components that take the same action
    each get all of it.
    """
    entries = [
        (name, entry) for name, entry in chip.components.items() if entry.follows or entry.takes
    ]
    if not entries:
        return ledger
    taken = {
        source for _, entry in entries for sources in entry.takes.values() for source in sources
    }
    followed = Ledger()
    for (counted, action, layer, phase), count in ledger.items():
        role, at, kind = counted.partition(AT)
        source = f"{role}.{action}"
        if source not in taken:
            followed.add(counted, action, layer, phase, count)
        for name, entry in entries:
            for own, sources in (*entry.follows.items(), *entry.takes.items()):
                if source in sources:
                    followed.add(f"{name}{at}{kind}", own, layer, phase, count)
    return followed
