"""Count, then price: ledger x hwlib prices -> area, energy and power by component, layer, phase and
boundary.
"""

from __future__ import annotations

import functools
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from archsim.cost.component_cost import SHARED, ComponentCost, Energy, energy_by_row
from archsim.cost.spread import NOTHING, Spread, UnitPrice, total
from archsim.cost.standing import standing_cost, standing_costs
from archsim.ledger.component import BOUNDARIES, Component
from archsim.ledger.ledger import Entry, Ledger
from hwlib import Price, price

_UW = 1e6  # from W


@dataclass(frozen=True)
class Estimate:
    """The priced ledger.

    Args:
        components: what each component costs.
        counts: of the ledger, by (component, action, layer, phase).
        actions: count over the whole run by (component, action).
        units: price of one instance and one action, by component.
        node_nm: node of the prices in nm.
        seconds: time of the run in s; None where nothing was timed: energy is then dynamic only
            and power unknown.
        images: images that went through.
    """

    components: tuple[ComponentCost, ...]
    counts: dict[Entry, float]
    actions: dict[tuple[str, str], float]
    units: dict[str, UnitPrice]
    node_nm: float
    seconds: float | None
    images: int

    def within(self, boundary: str) -> list[ComponentCost]:
        """The components inside a boundary; macro lies in chip, chip in system."""
        kept = self._within.get(boundary)
        if kept is None:
            # The order of BOUNDARIES is the nesting.
            inside = BOUNDARIES[: BOUNDARIES.index(boundary) + 1]
            kept = [item for item in self.components if item.component.boundary in inside]
            self._within[boundary] = kept
        return kept

    @functools.cached_property
    def _within(self) -> dict[str, list[ComponentCost]]:
        return {}

    @functools.cached_property
    def rows(self) -> dict[tuple[str, str], Energy]:
        """Dynamic energy by (layer, phase), without the static energy, which belongs to none."""
        outside = [
            item.component.name for item in self.components if item.component.boundary == "system"
        ]
        return energy_by_row(self.counts, self.units, outside)

    def area_mm2(self, boundary: str = "chip") -> Spread:
        return total([item.area_mm2 for item in self.within(boundary)])

    def energy_j(self, boundary: str = "chip") -> Spread:
        return total([item.energy_j for item in self.within(boundary)])

    def static_power_uw(self, boundary: str = "chip") -> Spread:
        return total([item.static_power_uw for item in self.within(boundary)])

    def dynamic_power_uw(self, boundary: str = "chip") -> Spread | None:
        """Dynamic energy over the time of the run; None where that is unknown."""
        # A run of zero cycles has no power either: nothing is divided by no time.
        if not self.seconds:
            return None
        return total(item.dynamic_energy_j for item in self.within(boundary)).times(
            _UW / self.seconds
        )

    def power_uw(self, boundary: str = "chip") -> Spread | None:
        """Static plus dynamic power; None where the time is unknown."""
        dynamic = self.dynamic_power_uw(boundary)
        return None if dynamic is None else self.static_power_uw(boundary).plus(dynamic)

    def energy_by_row(self) -> dict[tuple[str, str], Energy]:
        """Energy by (layer, phase); the static energy stands in the row (shared, shared)."""
        rows = dict(self.rows)
        on, off = rows.pop((SHARED, SHARED), Energy(0.0, 0.0))
        static = [item.static_energy_j.value for item in self.within("chip")]
        static_off = [
            item.static_energy_j.value
            for item in self.components
            if item.component.boundary == "system"
        ]
        # Leakage flows whatever runs: any split among layers would be our invention, so it is a row
        # of its own and the rows still add up to the total.
        rows[SHARED, SHARED] = Energy(math.fsum([on, *static]), math.fsum([off, *static_off]))
        return rows

    def energy_by_phase(self) -> dict[str, Energy]:
        """Energy by phase, `shared` last."""
        on: dict[str, list[float]] = defaultdict(list)
        off: dict[str, list[float]] = defaultdict(list)
        for (_, phase), energy in self.energy_by_row().items():
            on[phase].append(energy.on_chip)
            off[phase].append(energy.off_chip)
        return {
            phase: Energy(math.fsum(on[phase]), math.fsum(off[phase]))
            # A stable sort: the phases keep their order, `shared` goes last.
            for phase in sorted(on, key=lambda name: name == SHARED)
        }


def price_component(component: Component, node_nm: float) -> Price:
    """The hwlib price of one instance. Raises InputError for a node outside the scaling law's
    range.
    """
    return price(component.part, component.parameters, node_nm)


def price_run(
    inventory: Sequence[Component],
    ledger: Ledger,
    *,
    node_nm: float,
    clock_mhz: float,
    cycles: int | None,
    images: int,
    units: dict[str, UnitPrice] | None = None,
) -> Estimate:
    """Price a run at a node.

    Args:
        inventory: the components that are there.
        ledger: what each of them did.
        node_nm: node of the prices in nm.
        clock_mhz: clock in MHz.
        cycles: length of the run; None where nothing was timed: no static energy and no power.
        images: images that went through.
        units: prices by component, kept from an earlier run, in place of those of today.

    Raises:
        InputError: for a node out of range.
        RuntimeError: an internal fault, for a ledger entry whose component is not on the chip or
            whose action its part does not declare, and for two components of one name.
    """
    seconds = None if cycles is None else cycles / (clock_mhz * 1e6)
    components = {component.name: component for component in inventory}
    if len(components) != len(inventory):
        # The ledger counts under names: with two of one name, one of them would be priced twice and
        # the other never.
        names = sorted(item.name for item in inventory)
        raise RuntimeError(f"two components of one name in the inventory: {names}")
    node = float(node_nm)
    if units is None:
        standing = standing_costs(inventory, node)
        units = {item.component.name: item.unit for item in standing}
    else:
        standing = [standing_cost(item, units[item.name]) for item in inventory]
    counts = dict(ledger.counts)
    dynamic: dict[str, list[Spread]] = {name: [] for name in components}
    actions = {}
    for (name, action), items in _by_action(counts).items():
        component = components.get(name)
        unit = units[name].energy_j.get(action) if component else None
        # Work of a component that is not there is refused, not dropped: a total that lacks it looks
        # right. An entry of zero actions is let pass where the chip has no instance (a switched-off
        # block).
        if component is None or unit is None or not component.count and any(items):
            raise _fault(components, counts, name, action)
        actions[name, action] = times = math.fsum(items)
        dynamic[name].append(unit.times(times))
    per_uw = seconds / _UW if seconds else None  # uW back to W
    costs = tuple(
        [
            ComponentCost(
                item.component,
                item.area_mm2,
                item.static_power_uw,
                total(dynamic[item.component.name]),
                NOTHING if per_uw is None else item.static_power_uw.times(per_uw),
            )
            for item in standing
        ]
    )
    return Estimate(costs, counts, actions, units, node, seconds, images)


def _by_action(counts: Mapping[Entry, float]) -> dict[tuple[str, str], list[float]]:
    """The counts of all layers and phases, which have one price: they are summed exactly, then
    multiplied once."""
    by_action: dict[tuple[str, str], list[float]] = defaultdict(list)
    for (name, action, _, _), count in counts.items():
        by_action[name, action].append(count)
    return by_action


def _fault(
    components: Mapping[str, Component], counts: Mapping[Entry, float], name: str, action: str
) -> RuntimeError:
    entries = [key for key in counts if key[:2] == (name, action)]
    layer, phase = next((key for key in entries if counts[key]), entries[0])[2:]
    where = f"ledger entry {name}.{action} of {layer or SHARED}/{phase or SHARED}"
    if name not in components:
        known = ", ".join(sorted(components))
        return RuntimeError(f"{where}: component '{name}' is not in the inventory ({known})")
    if not components[name].count:
        return RuntimeError(f"{where}: the inventory holds no instance of '{name}'")
    part = components[name].part
    declared = ", ".join(price(part, components[name].parameters).energy)
    return RuntimeError(f"{where}: part '{part}' declares no action '{action}' ({declared})")
