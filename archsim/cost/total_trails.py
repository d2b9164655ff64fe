"""The trails of totals: a number of the macro, the chip or the system, by component."""

from __future__ import annotations

from collections.abc import Callable

from archsim.cost.component_cost import ComponentCost
from archsim.cost.component_trails import EVERY_ROW, ComponentTrails, LedgerRows, sum_node
from archsim.cost.spread import Spread, total
from archsim.cost.trail import Node, spread_node

# macro lies in chip, chip in system; written out, since `off chip` is one boundary and no nest
INSIDE = {"macro": ("macro",), "chip": ("macro", "chip"), "system": ("macro", "chip", "system")}
OFF_CHIP = ("system",)
TOTALS = (
    "area_mm2",
    "energy_j",
    "power_uw",
    "static_power_uw",
    "dynamic_power_uw",
    "energy_per_image_j",
)
"""Numbers of a whole boundary in a result's JSON."""


class TotalTrails(ComponentTrails):
    """Trails of totals, with those of their components below them."""

    def total(self, name: str, metric: str, boundary: str) -> Node:
        """One of TOTALS inside a boundary."""
        metrics: dict[str, Callable[[str, str], Node]] = {
            "area_mm2": self.total_area,
            "energy_j": self.total_energy,
            "power_uw": self.total_power,
            "static_power_uw": self.total_static_power,
            "dynamic_power_uw": self.total_dynamic_power,
            "energy_per_image_j": self.energy_per_image,
        }
        return metrics[metric](name, boundary)

    def total_area(self, name: str, boundary: str) -> Node:
        costs = self.estimate.within(boundary)
        return spread_node(
            name,
            total(cost.area_mm2 for cost in costs),
            "mm2",
            f"sum of the components inside the {boundary} boundary",
            [self.area(c.component.name, c) for c in _largest(costs, lambda c: c.area_mm2)],
        )

    def total_static_power(self, name: str, boundary: str) -> Node:
        costs = self.estimate.within(boundary)
        largest = _largest(costs, lambda cost: cost.static_power_uw)
        return spread_node(
            name,
            total(cost.static_power_uw for cost in costs),
            "uW",
            f"sum of the leakage inside the {boundary} boundary",
            [self.static_power(cost.component.name, cost) for cost in largest],
        )

    def total_dynamic_power(self, name: str, boundary: str) -> Node:
        seconds = self.estimate.seconds
        if not seconds:
            raise RuntimeError("a run without time has no power")
        # Through the energy, which has counts and prices below it: a power has none of its own.
        energy = self.energy_of("dynamic energy", INSIDE[boundary], EVERY_ROW, static=False)
        spread = energy.spread.times(1e6 / seconds)
        children = [energy, self.fact("latency_s")]
        return spread_node(name, spread, "uW", "dynamic energy / latency_s", children)

    def total_power(self, name: str, boundary: str) -> Node:
        parts = [
            self.total_static_power("static_power_uw", boundary),
            self.total_dynamic_power("dynamic_power_uw", boundary),
        ]
        spread = total(part.spread for part in parts)
        return spread_node(name, spread, "uW", "static power + dynamic power", parts)

    def total_energy(self, name: str, boundary: str) -> Node:
        return self.energy_of(name, INSIDE[boundary], EVERY_ROW, static=True)

    def energy_per_image(self, name: str, boundary: str) -> Node:
        energy = self.total_energy("energy_j", boundary)
        spread = energy.spread.times(1 / self.estimate.images)
        children = [energy, self.fact("images")]
        return spread_node(name, spread, "J", "energy_j / images", children)

    def energy_of(
        self, name: str, boundaries: tuple[str, ...], rows: LedgerRows, static: bool
    ) -> Node:
        """Energy of some rows of the ledger, by component.

        Args:
            name: name of the number.
            boundaries: boundaries that a component is of, to be counted.
            rows: rows of the ledger that are counted.
            static: whether the static energy is.
        """
        timed = self.estimate.seconds is not None
        children = []
        for cost in self.estimate.components:
            if cost.component.boundary not in boundaries:
                continue
            parts = self.actions(cost, rows)
            if static and timed:
                parts.append(self.static_energy("static energy", cost))
            if parts:
                how = f"part {cost.component.part}"
                children.append(sum_node(cost.component.name, parts, how))
        # The largest first: a reader stops where it gets small.
        children.sort(key=lambda node: -node.spread.value)
        how = "sum of the components"
        if static and not timed:
            how += "; dynamic only, the run was not timed"
        return sum_node(name, children, how)


def _largest(
    costs: list[ComponentCost], metric: Callable[[ComponentCost], Spread]
) -> list[ComponentCost]:
    return sorted(costs, key=lambda cost: -metric(cost).value)
