"""The trails of one component: its area, leakage and energy, down to counts, prices and figures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from archsim.cost.component_cost import SHARED, ComponentCost
from archsim.cost.estimate import Estimate, price_component
from archsim.cost.measured import measured_node
from archsim.cost.paths import Document, named_tree
from archsim.cost.spread import Spread, total
from archsim.cost.trail import Node, quantity_node, spread_node
from hwlib.quantity import Quantity


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One count of the ledger; `shared` where it belongs to no layer or no phase."""

    component: str
    action: str
    layer: str
    phase: str
    count: float


class LedgerRows(NamedTuple):
    """Some rows of the ledger: those of a layer and of a phase, None where any will do."""

    layer: str | None = None
    phase: str | None = None

    def take(self, layer: str, phase: str) -> bool:
        """Whether a row of that layer and phase is among them."""
        return self.layer in (layer, None) and self.phase in (phase, None)

    @property
    def take_static(self) -> bool:
        """Whether the static energy is among them, which belongs to no layer and no phase."""
        return self.take(SHARED, SHARED)


EVERY_ROW = LedgerRows()


class ComponentTrails:
    """Trails of the components of one result at the prices of today.

    Args:
        document: the result, as JSON.
        estimate: the same, priced again.
    """

    def __init__(self, document: Document, estimate: Estimate):
        self.document = document
        self.tree = named_tree(document)
        self.estimate = estimate
        # The file says "" for shared, a path cannot: `by_layer.shared.update.energy_j`.
        self.ledger = [
            LedgerRow(
                row["component"],
                row["action"],
                row["layer"] or SHARED,
                row["phase"] or SHARED,
                row["count"],
            )
            for row in document["ledger"]
        ]

    def area(self, name: str, cost: ComponentCost) -> Node:
        # Priced once more: an estimate keeps numbers alone, the formulas behind them are only
        # wanted here.
        one = price_component(cost.component, self.estimate.node_nm).area
        return self._of_instances(name, cost, cost.area_mm2, one, ("area", "um2", "mm2"))

    def static_power(self, name: str, cost: ComponentCost) -> Node:
        one = price_component(cost.component, self.estimate.node_nm).leakage
        return self._of_instances(name, cost, cost.static_power_uw, one, ("leakage", "W", "uW"))

    def _of_instances(
        self,
        name: str,
        cost: ComponentCost,
        total: Spread,
        one: Quantity,
        words: tuple[str, str, str],
    ) -> Node:
        """So many instances of one part; `words`: what of it, its unit, the unit of the total."""
        what, unit, in_unit = words
        how = f"{cost.component.count} x {what} of one {cost.component.part} ({unit}), in {in_unit}"
        parts = [self.instances(cost), quantity_node(one, f"{what} of one")]
        return spread_node(name, total, in_unit, how, parts)

    def static_energy(self, name: str, cost: ComponentCost) -> Node:
        if self.estimate.seconds is None:
            # A zero that says why it is one: leakage needs a time to become energy.
            how = "no time, no static energy: the run was not timed (--no-timing)"
            return Node(name, 0.0, "J", how=how)
        return spread_node(
            name,
            cost.static_energy_j,
            "J",
            "static power x latency_s",
            [self.static_power("static power", cost), self.fact("latency_s")],
        )

    def dynamic_energy(self, name: str, cost: ComponentCost) -> Node:
        return sum_node(name, self.actions(cost, EVERY_ROW), "sum over the actions")

    def energy(self, name: str, cost: ComponentCost) -> Node:
        parts = [
            self.dynamic_energy("dynamic energy", cost),
            self.static_energy("static energy", cost),
        ]
        return sum_node(name, parts, "dynamic + static")

    def actions(self, cost: ComponentCost, rows: LedgerRows) -> list[Node]:
        """One node for each action of a component: count x price."""
        component = cost.component
        priced = price_component(component, self.estimate.node_nm)
        nodes = []
        for action, each in priced.energy.items():
            counted = [
                row
                for row in self.ledger
                if (row.component, row.action) == (component.name, action)
                and rows.take(row.layer, row.phase)
                # Zero counts stand in a ledger where a setting switched an action off; they explain
                # nothing.
                and row.count
            ]
            if not counted:
                continue
            count = math.fsum(row.count for row in counted)
            children = [
                Node(
                    "count",
                    count,
                    how="actions counted by the simulator (the ledger)",
                    children=_by_count(counted),
                ),
                quantity_node(each, f"energy of one {action}"),
            ]
            # The count is exact in the model, so the range of the product is that of the price.
            spread = Spread(each.value, each.low, each.high).times(count)
            nodes.append(spread_node(action, spread, "J", "count x energy of one", children))
        return nodes

    def instances(self, cost: ComponentCost) -> Node:
        parameters = ", ".join(
            f"{key} = {value}" for key, value in cost.component.parameters.items()
        )
        return Node(
            "instances",
            cost.component.count,
            how=f"placed by the architecture; parameters: {parameters or 'defaults'}",
        )

    def fact(self, key: str) -> Node:
        """A number of the document that no price enters."""
        return measured_node(self.document, [key], self.document[key])


COMPONENT_METRICS = {
    "area_mm2": ComponentTrails.area,
    "energy_j": ComponentTrails.energy,
    "dynamic_energy_j": ComponentTrails.dynamic_energy,
    "static_energy_j": ComponentTrails.static_energy,
    "static_power_uw": ComponentTrails.static_power,
}
"""Numbers of a component in a result's JSON, with their trails."""


def sum_node(name: str, parts: Sequence[Node], how: str) -> Node:
    """An energy that is the sum of others."""
    return spread_node(name, total(part.spread for part in parts), "J", how, parts)


def _by_count(rows: Sequence[LedgerRow]) -> tuple[Node, ...]:
    largest_first = sorted(rows, key=lambda row: -row.count)
    return tuple(Node(f"{row.layer} / {row.phase}", row.count) for row in largest_first)
