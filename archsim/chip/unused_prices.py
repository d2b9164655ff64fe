"""Numbers that a chip states for its parts and that price nothing that was counted."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from archsim.chip.kind_chips import base_role
from archsim.ledger.component import Component
from hwlib import conditions, find_part, price

if TYPE_CHECKING:
    # For types only: a built chip is asked here which of its settings it did not use.
    from archsim.chip.built import BuiltChip


def idle_parameters(built: BuiltChip) -> Iterator[str]:
    """Numbers that a chip states for its parts and that price nothing that was counted: area,
    leakage and energies stay without them.
    """
    counted: dict[str, set[str]] = {}
    for ledger in (built.counts, built.once_counts):
        for (role, action, _, _), count in ledger.items() if ledger is not None else ():
            if count:
                counted.setdefault(role, set()).add(action)
    idle: dict[str, list[bool]] = {}
    for part in built.parts:
        role = base_role(part.name)
        entry = built.chip.components.get(role)
        declared = (*find_part(part.part).parameters, *conditions.CONDITIONS)
        defaults = {parameter.name: parameter.default for parameter in declared}
        if entry and entry.count != 1:
            free = _is_free(part.part, built.node_nm)
            idle.setdefault(f"components.{role}.count", []).append(free)
        for name, value in entry.parameters.items() if entry else ():
            if str(value).startswith("=") or value == defaults[name]:
                continue
            same = _prices_alike(part, name, counted.get(part.name, ()), built.node_nm)
            idle.setdefault(f"components.{role}.parameters.{name}", []).append(same)
    # a part that several kinds of cores have idles where all of these do
    yield from (path for path, kinds in idle.items() if all(kinds))


def _prices_alike(part: Component, name: str, actions: Collection[str], node_nm: float) -> bool:
    """Whether a part costs the same without a parameter: area, leakage, and what was counted."""
    with_it, without = (
        price(part.part, parameters, node_nm)
        for parameters in (
            part.parameters,
            {key: other for key, other in part.parameters.items() if key != name},
        )
    )
    same = [
        with_it.area.value == without.area.value,
        with_it.leakage.value == without.leakage.value,
    ]
    same += [with_it.energy[action].value == without.energy[action].value for action in actions]
    return all(same)


def _is_free(name: str, node_nm: float) -> bool:
    """Whether a part that does nothing costs nothing, so that more of it cost as much."""
    idle = price(name, {}, node_nm)
    return idle.area.value == 0 and idle.leakage.value == 0
