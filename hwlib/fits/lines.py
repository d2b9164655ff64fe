"""The fit of what a bit line of SRAM draws while comparators look at it: a current.

Cells that sum currents discharge their line; where sense amplifiers or flash converters compare, cells
of both states, or a cell and the load of the line, hold the line between the supplies meanwhile. What is
published is the energy of whole columns: over supply and time it is a current of one line, of which its
converter and drivers take the least part. The rows are of six macros of 65 to 12 nm, over which the
current follows no node. Mean and band as in `converters.py`.
"""

from __future__ import annotations

import csv
import functools
import math
from collections.abc import Collection
from importlib import resources
from typing import NamedTuple

from hwlib.fits.converters import Fitted, fit_family
from hwlib.fits.population import Observation


class LineRow(NamedTuple):
    """One published column.

    Args:
        group: what is left out together.
        supply_v: of the macro.
        energy_pj: of the column in one invocation.
        time_ns: of the invocation.
        source: key of the bibliography.
    """

    group: str
    supply_v: float
    energy_pj: float
    time_ns: float
    source: str

    @property
    def current_ua(self) -> float:
        """Energy over supply and time."""
        return self.energy_pj / (self.supply_v * self.time_ns) * 1e3


@functools.cache
def read_lines() -> tuple[LineRow, ...]:
    """Every row of `column_lines.csv`, in its order."""
    text = (resources.files("hwlib") / "fits" / "column_lines.csv").read_text("utf-8")
    return tuple(
        LineRow(
            entry["group"],
            float(entry["supply_v"]),
            float(entry["energy_pj"]),
            float(entry["time_ns"]),
            entry["source"],
        )
        for entry in csv.DictReader(text.splitlines())
    )


def fit_lines(excluding: Collection[str] = ()) -> dict[str, Fitted]:
    """Fit the current to the rows of the groups that are not left out.

    Args:
        excluding: groups whose rows are not seen.

    Returns:
        `column_line_fit.current` -> Fitted.

    Raises:
        InputError: where no row is left.
    """
    rows = [row for row in read_lines() if row.group not in excluding]
    groups = [row.group for row in rows]
    seen = [
        Observation(math.log(row.current_ua), 1 / groups.count(row.group), False, row.group)
        for row in rows
    ]
    return {"column_line_fit.current": fit_family({"line": seen}, "uA")["line"]}
