"""The fit of converters inside arrays: a constant a kind times the shape of its law.

Each row gives the logarithm of what was published over the shape at its bits, brought to 28 nm by the
kind's scaling class and to the node's nominal supply by V^2. The constant of a kind is the median of
its rows, where the median of its family counts as one row more: a kind with few rows leans on it, one
with none takes it. Bands are the 5 and 95 % of what is left when each group is predicted without its
own rows, over all kinds of a family.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from hwlib.converter_kinds import KINDS, NODE_NM, ConverterKind, Growth
from hwlib.errors import InputError
from hwlib.figures import figure
from hwlib.fits.medians import Observation, median, quantile
from hwlib.fits.rows import UNRECORDED, ConverterRow, read_rows
from hwlib.scaling import scaling_factor, supply_voltage

UNITS = {"area": "um2", "energy": "pJ", "time": "ns"}
LOW, HIGH = 0.05, 0.95


class Fitted(NamedTuple):
    """A figure as a fit gives it.

    Args:
        value: in `unit`.
        low: 5 % of what is left.
        high: 95 % of what is left.
        unit: as in a figure file.
        groups: of which rows it rests.
    """

    value: float
    low: float
    high: float
    unit: str
    groups: tuple[str, ...]


def fit_converters(excluding: Collection[str] = ()) -> dict[str, Fitted]:
    """Fit all kinds to the rows of the groups that are not left out.

    Args:
        excluding: groups of `column_converters.csv`; none of their rows is seen.

    Returns:
        `column_adc_fit.KIND_QUANTITY` -> Fitted, and `column_adc_fit.counting_growth`.

    Raises:
        InputError: where no row of a family is left.
    """
    rows = [row for row in read_rows() if row.group not in excluding]
    counting = _counting_growth(rows)
    growth = Growth(
        figure("column_adc.sar_area_growth").value,
        figure("column_adc.counting_area_growth").value,
        counting.value,
        figure("column_adc.noise_share").value,
    )
    fitted = {"column_adc_fit.counting_growth": counting}
    for quantity in UNITS:
        # times in steps of a kind: what counts is no family of what compares bit by bit
        families: dict[str, list[str]] = {}
        for kind in KINDS.values():
            family = kind.time.__name__ if quantity == "time" else kind.family
            families.setdefault(family, []).append(kind.name)
        for kinds in families.values():
            seen = {name: _observations(rows, KINDS[name], quantity, growth) for name in kinds}
            beside = []
            if "sar" in kinds and quantity == "energy":
                # bounds of no kind, by the law that grows least with the bits
                beside = _observations(
                    rows, KINDS["sar"]._replace(name=UNRECORDED), quantity, growth
                )
            for name, one in fit_family(seen, UNITS[quantity], beside).items():
                fitted[f"column_adc_fit.{name}_{quantity}"] = one
    return fitted


def _observations(
    rows: Iterable[ConverterRow], kind: ConverterKind, quantity: str, growth: Growth
) -> list[Observation]:
    published = [
        (row, value)
        for row in rows
        if row.kind == kind.name and (value := _published(row, quantity)) is not None
    ]
    count: dict[str, int] = {}
    for row, _ in published:
        count[row.group] = count.get(row.group, 0) + 1
    return [
        Observation(
            math.log(value * _to_reference(row, kind, quantity, growth)),
            1 / count[row.group],
            row.bound and quantity != "time",
            row.group,
        )
        for row, value in published
    ]


def _published(row: ConverterRow, quantity: str) -> float | None:
    if quantity == "time":
        # the time of a whole column is that of its invocation, unless the step itself was stated
        return None if row.bound and row.group != "hermes" else row.time_ns
    return row.area_um2 if quantity == "area" else row.energy_pj


def _to_reference(row: ConverterRow, kind: ConverterKind, quantity: str, growth: Growth) -> float:
    """Factor from a row to 28 nm, nominal supply and 8 bits (or one level, or one step)."""
    if quantity == "time":
        return 1 / kind.time(row.bits)
    node = scaling_factor(quantity, row.node_nm, NODE_NM, kind.scaling).value
    shape = (kind.area if quantity == "area" else kind.energy)(row.bits, growth)
    nominal = supply_voltage(row.node_nm).value
    supply = 1.0 if quantity == "area" or not row.supply_v else (nominal / row.supply_v) ** 2
    return node * supply / shape


def fit_family(
    seen: Mapping[str, list[Observation]], unit: str, beside: Sequence[Observation] = ()
) -> dict[str, Fitted]:
    """Fit the constants of the kinds of one family.

    Args:
        seen: the observations of each kind, in the logarithm.
        unit: of the constants.
        beside: bounds of the family that belong to no kind.

    Returns:
        kind -> its constant, with the band of predictions that have not seen their own group.

    Raises:
        InputError: where the family has no row.
    """
    everything = [item for items in seen.values() for item in items]
    if not everything:
        raise InputError(
            "no row is left to fit to", where="hwlib.fits", got=sorted(seen), allowed="one row"
        )
    groups = {item.group for item in everything}
    left = [
        item._replace(value=item.value - _constant(_without(seen, group), name, beside))
        for group in sorted(groups)
        if len(groups) > 1
        for name, items in seen.items()
        for item in items
        if item.group == group and not item.bound
    ]
    low, high = (quantile(left, share) for share in (LOW, HIGH)) if left else (0.0, 0.0)
    return {
        name: Fitted(
            math.exp(constant := _constant(seen, name, beside)),
            math.exp(constant + min(low, 0.0)),
            math.exp(constant + max(high, 0.0)),
            unit,
            tuple(sorted({item.group for item in items})),
        )
        for name, items in seen.items()
    }


def _without(seen: Mapping[str, list[Observation]], group: str) -> dict[str, list[Observation]]:
    return {name: [item for item in items if item.group != group] for name, items in seen.items()}


def _constant(
    seen: Mapping[str, list[Observation]], name: str, beside: Sequence[Observation]
) -> float:
    """Median of a kind, that of its family being one row more."""
    family = median([*beside, *(item for items in seen.values() for item in items)])
    return median([*seen[name], Observation(family, 1.0, False, "family")])


def _counting_growth(rows: Iterable[ConverterRow]) -> Fitted:
    """Energy a further bit of converters that count: of those published at several resolutions.

    Low is that of a converter that decides bit by bit, high a constant energy a step; where no row
    is left the low one holds.
    """
    share = figure("column_adc.noise_share").value
    bit_by_bit = ((8 + share * 4.0**8) / (4 + share * 4.0**4)) ** 0.25
    points: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        if row.kind in ("slope", "oscillator") and row.energy_pj is not None:
            points.setdefault(row.group, []).append((row.bits, math.log(row.energy_pj)))
    slopes = [
        Observation((max(of)[1] - min(of)[1]) / (max(of)[0] - min(of)[0]), 1.0, False, group)
        for group, of in points.items()
        if max(of)[0] > min(of)[0]
    ]
    value = math.exp(median(slopes)) if slopes else bit_by_bit
    return Fitted(value, min(value, bit_by_bit), 2.0, "1", tuple(item.group for item in slopes))
