"""Count, then price: ledger x hwlib prices -> area, energy and power by component, layer, phase and
boundary.
"""

from __future__ import annotations

import functools
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from archsim.ledger.component import BOUNDARIES, Component
from archsim.ledger.ledger import Ledger
from hwlib import Price, price

SHARED = "shared"
_MM2, _UW = 1e-6, 1e6  # from um2 and from W


class Spread(NamedTuple):
    """A number with its low and high (every figure at its low, every figure at its high: fully
    correlated).
    """

    value: float
    low: float
    high: float

    def times(self, factor: float) -> Spread:
        return Spread(self.value * factor, self.low * factor, self.high * factor)

    def plus(self, other: Spread) -> Spread:
        return Spread(self.value + other.value, self.low + other.low, self.high + other.high)


def total(spreads: Iterable[Spread]) -> Spread:
    """The sum, exactly rounded, so that it does not depend on the order."""
    columns = list(zip(*spreads)) or [(), (), ()]
    return Spread(*map(math.fsum, columns))


class UnitPrice(NamedTuple):
    """One instance of a component: area in mm2, leakage in uW, the energy of each of its actions in
    J.
    """

    area_mm2: Spread
    static_power_uw: Spread
    energy_j: dict[str, Spread]


@dataclass(frozen=True, slots=True)
class ComponentCost:
    """All instances of one component: area in mm2, leakage in uW, dynamic and static energy of the
    run in J.
    """

    component: Component
    area_mm2: Spread
    static_power_uw: Spread
    dynamic_energy_j: Spread
    static_energy_j: Spread

    @property
    def energy_j(self) -> Spread:
        return self.dynamic_energy_j.plus(self.static_energy_j)


@dataclass(frozen=True)
class Estimate:
    """The priced ledger. `seconds` is None where nothing was timed: energy is then dynamic only and
    power unknown.

    `rows` maps (layer, phase) to the dynamic energy in J inside the chip boundary and that off the
    chip, without the static energy, which belongs to no layer; `actions` maps (component, action)
    to its count over the whole run.
    """

    components: tuple[ComponentCost, ...]
    rows: dict[tuple[str, str], tuple[float, float]]
    actions: dict[tuple[str, str], float]
    units: dict[str, UnitPrice]
    node_nm: float
    seconds: float | None
    images: int

    def within(self, boundary: str) -> list[ComponentCost]:
        """The components inside a boundary; macro lies in chip, chip in system."""
        depth = BOUNDARIES.index(boundary)
        return [
            item for item in self.components if BOUNDARIES.index(item.component.boundary) <= depth
        ]

    def area_mm2(self, boundary: str = "chip") -> Spread:
        return total(item.area_mm2 for item in self.within(boundary))

    def energy_j(self, boundary: str = "chip") -> Spread:
        return total(item.energy_j for item in self.within(boundary))

    def static_power_uw(self, boundary: str = "chip") -> Spread:
        return total(item.static_power_uw for item in self.within(boundary))

    def dynamic_power_uw(self, boundary: str = "chip") -> Spread | None:
        """Dynamic energy over the time of the run; None where that is unknown."""
        if not self.seconds:
            return None
        return total(item.dynamic_energy_j for item in self.within(boundary)).times(
            _UW / self.seconds
        )

    def power_uw(self, boundary: str = "chip") -> Spread | None:
        """Static plus dynamic power; None where the time is unknown."""
        dynamic = self.dynamic_power_uw(boundary)
        return None if dynamic is None else self.static_power_uw(boundary).plus(dynamic)

    def energy_by_row(self) -> dict[tuple[str, str], tuple[float, float]]:
        """(layer, phase) -> energy in J on and off the chip; the static energy stands in the row
        (shared, shared).
        """
        rows = dict(self.rows)
        on, off = rows.pop((SHARED, SHARED), (0.0, 0.0))
        static = [item.static_energy_j.value for item in self.within("chip")]
        static_off = [
            item.static_energy_j.value
            for item in self.components
            if item.component.boundary == "system"
        ]
        rows[SHARED, SHARED] = (math.fsum([on, *static]), math.fsum([off, *static_off]))
        return rows

    def energy_by_phase(self) -> dict[str, tuple[float, float]]:
        """phase -> energy in J on and off the chip, `shared` last."""
        on, off = defaultdict(list), defaultdict(list)
        for (_, phase), (inside, outside) in self.energy_by_row().items():
            on[phase].append(inside)
            off[phase].append(outside)
        return {
            phase: (math.fsum(on[phase]), math.fsum(off[phase]))
            for phase in sorted(on, key=lambda name: name == SHARED)
        }


def price_component(component: Component, node_nm: float) -> Price:
    """The hwlib price of one instance. Raises InputError for a node outside the scaling law's
    range.
    """
    return price(component.part, component.parameters, node_nm)


@functools.lru_cache(maxsize=16384)
def _unit_prices(part: str, parameters: tuple, node_nm: float) -> UnitPrice:
    # floats only: the trails behind them are walked when somebody asks (archsim explain)
    found = price(part, dict(parameters), node_nm)
    area, leakage = found.area, found.leakage
    energy = {
        action: Spread(item.value, item.low, item.high) for action, item in found.energy.items()
    }
    return UnitPrice(
        Spread(area.value, area.low, area.high).times(_MM2),
        Spread(leakage.value, leakage.low, leakage.high).times(_UW),
        energy,
    )


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
    """Price a run at a node. `cycles` None: nothing was timed, so no static energy and no power.
    `units`: prices by component, kept from an earlier run, in place of those of today.

    Raises InputError for a node out of range, and RuntimeError, an internal fault, for a ledger
    entry whose component is not on the chip or whose action its part does not declare, and for two
    components of one name.
    """
    seconds = None if cycles is None else cycles / (clock_mhz * 1e6)
    places = {component.name: component for component in inventory}
    if len(places) != len(inventory):
        raise RuntimeError(
            f"two components of one name in the inventory: {sorted(item.name for item in inventory)}"
        )
    if units is None:
        units = {
            item.name: _unit_prices(
                item.part, tuple(sorted(item.parameters.items())), float(node_nm)
            )
            for item in inventory
        }
    counts: dict[tuple[str, str], list[float]] = defaultdict(list)
    inside: dict[tuple[str, str], list[float]] = defaultdict(list)
    outside: dict[tuple[str, str], list[float]] = defaultdict(list)
    for (name, action, layer, phase), count in ledger.counts.items():
        if (
            name not in units
            or action not in units[name].energy_j
            or (count and not places[name].count)
        ):
            raise _fault(places, name, action, layer, phase)
        counts[name, action].append(count)
        row = (layer or SHARED, phase or SHARED)
        books = outside if places[name].boundary == "system" else inside
        books[row].append(count * units[name].energy_j[action].value)
    actions = {key: math.fsum(items) for key, items in counts.items()}
    dynamic: dict[str, list[Spread]] = defaultdict(list)
    for (name, action), count in actions.items():
        dynamic[name].append(units[name].energy_j[action].times(count))
    components = []
    for component in inventory:
        area, leakage = units[component.name].area_mm2, units[component.name].static_power_uw
        static = leakage.times(component.count)
        energy = static.times((seconds or 0.0) / _UW)
        components.append(
            ComponentCost(
                component,
                area.times(component.count),
                static,
                total(dynamic[component.name]),
                energy,
            )
        )
    rows = {
        row: (math.fsum(inside[row]), math.fsum(outside[row]))
        for row in sorted({*inside, *outside})
    }
    return Estimate(tuple(components), rows, actions, units, float(node_nm), seconds, images)


def _fault(
    places: dict[str, Component], name: str, action: str, layer: str, phase: str
) -> RuntimeError:
    where = f"ledger entry {name}.{action} of {layer or SHARED}/{phase or SHARED}"
    if name not in places:
        return RuntimeError(
            f"{where}: component '{name}' is not in the inventory ({', '.join(sorted(places))})"
        )
    if not places[name].count:
        return RuntimeError(f"{where}: the inventory holds no instance of '{name}'")
    part = places[name].part
    return RuntimeError(
        f"{where}: part '{part}' declares no action '{action}' ({', '.join(price(part, places[name].parameters).energy)})"
    )
