"""What components cost before they do anything, and the price of one of each and of its actions: kept
for the next chip that shares them.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

from archsim.cost.spread import Spread, UnitPrice
from archsim.ledger.component import Component
from hwlib import Quantity, price
from hwlib.pricing import edition

_MM2 = 1e-6  # from um2
_UW = 1e6  # from W


@functools.lru_cache(maxsize=16384)
def _unit_prices(
    part: str, parameters: tuple[tuple[str, object], ...], node_nm: float, of_edition: int
) -> UnitPrice:
    # floats only: the trails behind them are walked when somebody asks (archsim explain)
    priced = price(part, dict(parameters), node_nm)
    energy = {action: _spread(item) for action, item in priced.energy.items()}
    return UnitPrice(_spread(priced.area).times(_MM2), _spread(priced.leakage).times(_UW), energy)


def _spread(quantity: Quantity) -> Spread:
    return Spread(quantity.value, quantity.low, quantity.high)


class StandingCost(NamedTuple):
    """What a component costs before it does anything: area in mm2 and leakage in uW of all its
    instances. `component` is kept, so that no other has its place in memory, and the parameters that
    it had, which whoever holds it may have changed since."""

    component: Component
    parameters: dict[str, object]
    unit: UnitPrice
    area_mm2: Spread
    static_power_uw: Spread


_MOST_STANDING = 4096


@functools.lru_cache(maxsize=16)
def _standing_at(node_nm: float, of_edition: int) -> dict[int, StandingCost]:
    """What is kept at a node, by a component's place in memory: chips of a sweep share those that
    are the same."""
    return {}


def standing_costs(inventory: Sequence[Component], node_nm: float) -> list[StandingCost]:
    """What each component costs at a node.

    Args:
        inventory: the components; one that was priced before is found by its place in memory.
        node_nm: the node in nm.

    Raises:
        InputError: for a node out of range.
    """
    kept = _standing_at(node_nm, edition())
    costs = []
    for component in inventory:
        cost = kept.get(id(component))
        if (
            cost is None
            or cost.component is not component
            or cost.parameters != component.parameters
        ):
            parameters = tuple(sorted(component.parameters.items()))
            unit = _unit_prices(component.part, parameters, node_nm, edition())
            cost = standing_cost(component, unit)
            if len(kept) >= _MOST_STANDING:
                kept.clear()
            kept[id(component)] = cost
        costs.append(cost)
    return costs


def standing_cost(component: Component, unit: UnitPrice) -> StandingCost:
    """What all instances of a component cost at the price of one."""
    count = component.count
    return StandingCost(
        component,
        dict(component.parameters),
        unit,
        unit.area_mm2.times(count),
        unit.static_power_uw.times(count),
    )
