"""The fit of amplifiers inside arrays: the bias power of a kind, brought to 40 nm and the nominal
supply. Mean, leaning on the family, and bands as in `converters.py`.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Collection
from typing import NamedTuple

from hwlib.errors import unknown
from hwlib.fits.family import Fitted, fit_family
from hwlib.fits.population import Observation
from hwlib.node_levels import supply_voltage
from hwlib.scaling import scaling_factor
from hwlib.stored_table import stored_table

KINDS = ("read_amplifier", "row_buffer")
NODE_NM = 40.0


class AmplifierRow(NamedTuple):
    """One published amplifier.

    Args:
        group: what is left out together.
        kind: one of KINDS.
        node_nm: of the circuit.
        supply_v: of the circuit.
        power_uw: while it is biased.
        bound: something else is in the power, too.
        source: key of the bibliography.
    """

    group: str
    kind: str
    node_nm: float
    supply_v: float
    power_uw: float
    bound: bool
    source: str


@functools.cache
def read_amplifiers() -> tuple[AmplifierRow, ...]:
    """Every row of `column_amplifiers.csv`, in its order."""
    return tuple(_row(entry) for entry in stored_table("hwlib.fits", "column_amplifiers.csv"))


def _row(entry: dict[str, str]) -> AmplifierRow:
    if entry["type"] not in KINDS:
        raise unknown("kind of amplifier", entry["type"], KINDS, "column_amplifiers.csv")
    node, supply, power = (float(entry[key]) for key in ("node_nm", "supply_v", "power_uw"))
    bound = entry["bound"] == "upper"
    return AmplifierRow(entry["group"], entry["type"], node, supply, power, bound, entry["source"])


def fit_amplifiers(excluding: Collection[str] = ()) -> dict[str, Fitted]:
    """Fit both kinds to the rows of the groups that are not left out.

    Args:
        excluding: groups whose rows are not seen.

    Returns:
        `column_amplifier_fit.KIND_power` -> Fitted.

    Raises:
        InputError: where no row is left.
    """
    seen: dict[str, list[Observation]] = {kind: [] for kind in KINDS}
    for row in read_amplifiers():
        if row.group not in excluding:
            node = scaling_factor("energy", row.node_nm, NODE_NM, "analog").value
            # To the nominal supply of the node by V^2, as converters are: a bias current alone
            # would go as V.
            supply = (supply_voltage(row.node_nm).value / row.supply_v) ** 2
            value = math.log(row.power_uw * node * supply)
            # Weight one: no group has two rows of a kind in this file.
            seen[row.kind].append(Observation(value, 1.0, row.bound, row.group))
    fitted = fit_family(seen, "uW")
    return {f"column_amplifier_fit.{kind}_power": one for kind, one in fitted.items()}
