"""The fit of converters inside arrays: a constant a kind times the shape of its law.

Each row gives the logarithm of what was published over the shape at its bits, brought to 28 nm by the
kind's scaling class and to the node's nominal supply by V^2. A family is a population of logarithms
(`population.py`), in which the energy of a whole column or core is a bound: its converter lies
somewhere below. The constant of a kind is the mean of its rows, where that of its family counts as one
row more: a kind with few rows leans on it, one with none takes it. Each group is predicted without its
own rows in turn; 5 and 95 % of a normal population as wide as what is left then is the band. Low and
high lie a ninth further out, for prices are drawn evenly between them (`archsim/cost/draws.py`).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable

from hwlib.converter_kinds import KINDS, NODE_NM, TIME_NS, TIMED, ConverterKind, Growth
from hwlib.figures import figure
from hwlib.fits.family import REACH, Fitted, fit_family
from hwlib.fits.population import Observation, mean_of
from hwlib.fits.rows import UNRECORDED, ConverterRow, read_rows
from hwlib.node_levels import supply_voltage
from hwlib.scaling import scaling_factor

UNITS = {"area": "um2", "energy": "pJ", "time": "ns"}
_LINE = 2  # numbers that a straight line takes


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
    # Before the constants: an energy is brought to one time of conversion by it.
    exponent = _time_exponent(rows, growth)
    fitted = {"column_adc_fit.counting_growth": counting, "column_adc_fit.time_exponent": exponent}
    for quantity in UNITS:
        # times in steps of a kind: what counts is no family of what compares bit by bit
        families: dict[str, list[str]] = {}
        for kind in KINDS.values():
            family = kind.time.__name__ if quantity == "time" else kind.family
            families.setdefault(family, []).append(kind.name)
        for kinds in families.values():
            # Of the three only the energy depends on how long a conversion takes.
            timed = exponent.value if quantity == "energy" else 0.0
            seen = {
                name: _observations(rows, KINDS[name], quantity, growth, timed) for name in kinds
            }
            beside = []
            if "sar" in kinds and quantity == "energy":
                # bounds of no kind, by the law that grows least with the bits
                beside = _observations(
                    rows, KINDS["sar"]._replace(name=UNRECORDED), quantity, growth, timed
                )
            for name, one in fit_family(seen, UNITS[quantity], beside).items():
                fitted[f"column_adc_fit.{name}_{quantity}"] = one
    return fitted


def _observations(
    rows: Iterable[ConverterRow],
    kind: ConverterKind,
    quantity: str,
    growth: Growth,
    exponent: float = 0.0,
) -> list[Observation]:
    published = [
        (row, value)
        for row in rows
        if row.kind == kind.name and (value := _published(row, quantity)) is not None
    ]
    count: dict[str, int] = {}
    for row, _ in published:
        # A chip that publishes ten settings says no more of the population than one with a single
        # number.
        count[row.group] = count.get(row.group, 0) + 1
    return [
        Observation(
            math.log(value * _to_reference(row, kind, quantity, growth))
            - exponent * _longer(row, kind),
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
        # Times are kept as published: no law says how designers choose them at another node.
        return 1 / kind.time(row.bits)
    node = scaling_factor(quantity, row.node_nm, NODE_NM, kind.scaling).value
    shape = (kind.area if quantity == "area" else kind.energy)(row.bits, growth)
    nominal = supply_voltage(row.node_nm).value
    supply = 1.0 if quantity == "area" or not row.supply_v else (nominal / row.supply_v) ** 2
    return node * supply / shape


def _longer(row: ConverterRow, kind: ConverterKind) -> float:
    """Logarithm of a row's time over that of the fit; 0 where no time follows or none is published."""
    if kind.family != TIMED or row.time_ns is None:
        return 0.0
    return math.log(row.time_ns / TIME_NS)


def _time_exponent(rows: Iterable[ConverterRow], growth: Growth) -> Fitted:
    """Growth of energy with the time of a conversion: least squares over the rows that are no bounds,
    between that of a charge (0) and that of a bias (1); anywhere between them where too few are left.
    """
    points: list[tuple[float, Observation]] = []
    for kind in KINDS.values():
        timed = [row for row in rows if kind.family == TIMED and row.time_ns is not None]
        observed = _observations(timed, kind, "energy", growth)
        own = [row for row in timed if row.kind == kind.name and row.energy_pj is not None]
        points += [(_longer(row, kind), item) for row, item in zip(own, observed) if not item.bound]
    groups = tuple(sorted({item.group for _, item in points}))
    weight = sum(item.weight for _, item in points)
    if weight <= _LINE:
        # Too few for a line: half way, with both ends as its range.
        return Fitted(0.5, 0.0, 1.0, "1", groups)
    middle = sum(item.weight * time for time, item in points) / weight
    height = sum(item.weight * item.value for _, item in points) / weight
    square = sum(item.weight * (time - middle) ** 2 for time, item in points)
    slope = sum(item.weight * (time - middle) * item.value for time, item in points) / square
    left = sum(
        item.weight * (item.value - height - slope * (time - middle)) ** 2 for time, item in points
    )
    reach = REACH * math.sqrt(left / (weight - _LINE) / square)
    # Less than a charge or more than a bias is no physics, only scatter.
    value, low, high = (min(max(slope + side * reach, 0.0), 1.0) for side in (0, -1, 1))
    return Fitted(value, low, high, "1", groups)


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
    # Over the widest span of each group: within one design everything but the bits is equal.
    slopes = [
        Observation((max(of)[1] - min(of)[1]) / (max(of)[0] - min(of)[0]), 1.0, False, group)
        for group, of in points.items()
        if max(of)[0] > min(of)[0]
    ]
    value = math.exp(mean_of(slopes, 1.0)) if slopes else bit_by_bit
    # A factor of 2 a bit: as many steps, each as dear as before.
    return Fitted(value, min(value, bit_by_bit), 2.0, "1", tuple(item.group for item in slopes))
