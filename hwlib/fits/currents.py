"""Fits of currents that nobody states, from published energies over supply and time.

A bit line of SRAM that sums currents draws one while comparators look at it: cells of both states, or a
cell and the load of the line, hold it between the supplies. What is published is the energy of whole
columns, of which converter and drivers take the least part (`column_lines.csv`).

A resistive cell that is read draws its current from the supply. Where a macro is measured at several
numbers of rows, what grows with them is the cells'; a whole core over its driven cells is a bound
(`cell_currents.csv`). Currents are means over the inputs of an invocation and all of its time.

No current follows the node. Mean and band as in `converters.py`.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Collection
from typing import NamedTuple

from hwlib.fits.family import Fitted, fit_family
from hwlib.fits.population import Observation
from hwlib.node_levels import supply_voltage
from hwlib.stored_table import stored_table

FILES = {"column_line_fit.current": "column_lines", "cell_current_fit.resistive": "cell_currents"}
"""Figure -> file of its rows."""


class CurrentRow(NamedTuple):
    """One published column or cell.

    Args:
        group: what is left out together.
        supply_v: of the macro; the node's nominal one where it is not published.
        energy_pj: of one invocation.
        time_ns: of the invocation.
        bound: something else is in the energy, too.
        source: key of the bibliography.
    """

    group: str
    supply_v: float
    energy_pj: float
    time_ns: float
    bound: bool
    source: str

    @property
    def current_ua(self) -> float:
        """Energy over supply and time."""
        # pJ / (V ns) is mA.
        return self.energy_pj / (self.supply_v * self.time_ns) * 1e3


@functools.cache
def read_currents(name: str) -> tuple[CurrentRow, ...]:
    """Every row of a file, in its order.

    Args:
        name: one of FILES, without its ending.
    """
    return tuple(_row(entry) for entry in stored_table("hwlib.fits", f"{name}.csv"))


def _row(entry: dict[str, str]) -> CurrentRow:
    nominal = supply_voltage(float(entry["node_nm"])).value
    supply = float(entry["supply_v"] or nominal)
    energy, time = float(entry["energy_pj"]), float(entry["time_ns"])
    bound = entry["bound"] == "upper"
    return CurrentRow(entry["group"], supply, energy, time, bound, entry["source"])


def fit_currents(excluding: Collection[str] = ()) -> dict[str, Fitted]:
    """Fit the currents to the rows of the groups that are not left out.

    Args:
        excluding: groups whose rows are not seen.

    Returns:
        `column_line_fit.current`, `cell_current_fit.resistive` -> Fitted.

    Raises:
        InputError: where no row is left that is no bound.
    """
    return {name: _fit(file, excluding) for name, file in FILES.items()}


def _fit(file: str, excluding: Collection[str]) -> Fitted:
    rows = [row for row in read_currents(file) if row.group not in excluding]
    groups = [row.group for row in rows]
    seen = [
        # Rows of one chip share its vote.
        Observation(math.log(row.current_ua), 1 / groups.count(row.group), row.bound, row.group)
        for row in rows
    ]
    return fit_family({"current": seen}, "uA")["current"]
