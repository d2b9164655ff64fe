"""What one component costs in an estimate, and its energies by the rows of the ledger."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import NamedTuple

from archsim.cost.spread import Spread, UnitPrice
from archsim.ledger.component import Component
from archsim.ledger.ledger import Entry

SHARED = "shared"


class ComponentCost(NamedTuple):
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


class Energy(NamedTuple):
    """Energy in J inside the chip boundary, and that off the chip."""

    on_chip: float
    off_chip: float


def energy_by_row(
    counts: Mapping[Entry, float], units: Mapping[str, UnitPrice], outside: Collection[str]
) -> dict[tuple[str, str], Energy]:
    """Dynamic energy by (layer, phase), that of components `outside` the chip apart."""
    on: dict[tuple[str, str], list[float]] = defaultdict(list)
    off: dict[tuple[str, str], list[float]] = defaultdict(list)
    for (name, action, layer, phase), count in counts.items():
        # The headline is the chip's energy: a layer's row must add up to it, so off-chip energy is
        # a second column.
        books = off if name in outside else on
        energy = count * units[name].energy_j[action].value
        books[layer or SHARED, phase or SHARED].append(energy)
    return {row: Energy(math.fsum(on[row]), math.fsum(off[row])) for row in sorted({*on, *off})}
