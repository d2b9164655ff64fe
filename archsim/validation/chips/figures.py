"""Published figures of fabricated chips, each beside the model's.

A chip whose own rows are among those that converters were fitted to (hwlib/fits) is priced without
them: its figures are *cross-validated*. Of all others nothing went in: *predicted*.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from archsim.cost.spread import Spread
from archsim.validation.chips.facts import ChipFacts, Point, read_facts
from archsim.validation.chips.priced import DRAWS, CorePrice, price_cores
from archsim.validation.chips.rule import bits_of
from hwlib import fits

Row = dict[str, Any]
WHITE_SPACE_OF = "neurram"
"""The chip that `die.core_white_space` was read off."""
COARSE = 0.1
"""Half of the last printed digit of a density over its value: above, it says no area."""


class Published(NamedTuple):
    """A published figure of a chip."""

    name: str
    quantity: str
    title: str
    value: float
    unit: str
    place: str


class Left(NamedTuple):
    """A figure that is compared with nothing, and why."""

    name: str
    reason: str


def resolution(value: float) -> float:
    """Half of the last printed digit over the value."""
    text = f"{value:.10f}".rstrip("0")
    decimals = len(text.split(".")[1])
    return 0.5 * 10.0**-decimals / value


def area_of(facts: ChipFacts) -> Published | Left | None:
    """The area of a core: as stated, else operations over time over density, of the point whose
    density is printed with most digits. None where neither is published.
    """
    name, title = f"chips.{facts.name}.area", f"{facts.name}: area of a core"
    if facts.area_mm2 is not None:
        return Published(name, "area", title, facts.area_mm2, "mm2", facts.area_place)
    points = [(resolution(point.tops_mm2), point) for point in facts.points if point.tops_mm2]
    if not points:
        return None
    coarse, point = min(points, key=lambda item: item[0])
    density = point.tops_mm2 or 0.0
    if coarse > COARSE:
        return Left(
            name, f"the density is printed as {density:g}: half of its last digit is {coarse:.0%}"
        )
    value = point.operations / point.invocation_ns * 1e-3 / density
    derived = f"operations over time over density, {density:g} TOPS/mm2 of one bit"
    return Published(name, "area", title, float(f"{value:.4g}"), "mm2", derived)


def energies_of(facts: ChipFacts) -> dict[int, Published]:
    """Energies of an invocation by the number of the point."""
    if facts.checked_as:
        return {}
    figures = {}
    for number, point in enumerate(facts.points):
        if point.energy_pj is None:
            continue
        several = f"_{number + 1}" if len(facts.points) > 1 else ""
        figures[number] = Published(
            f"chips.{facts.name}.energy{several}",
            "energy",
            f"{facts.name}: energy of an invocation, {_words(facts, point)}",
            point.energy_pj,
            "pJ",
            point.energy_place,
        )
    return figures


def _words(facts: ChipFacts, point: Point) -> str:
    supply = f" at {point.supply_v:g} V" if point.supply_v else ""
    return f"{point.rows_active} rows x {point.input_bits} bit, {bits_of(facts, point)}-bit codes{supply}"


def left_out() -> list[Left]:
    """Figures of the chips here that are compared with nothing."""
    areas = [area_of(facts) for facts in read_facts().values()]
    doubles = [
        Left(f"chips.{facts.name}.energy", f"the same published figure is {facts.checked_as}")
        for facts in read_facts().values()
        if facts.checked_as
    ]
    return [area for area in areas if isinstance(area, Left)] + doubles


def chip_rows(
    chips: Collection[str] | None = None, without_own: bool = True, draws: int = DRAWS
) -> list[Row]:
    """A row a published figure, as `archsim.validation.run_checks` has them.

    Args:
        chips: names; None for all.
        without_own: price a chip without the rows of its group in hwlib/fits.
        draws: of prices, for the bands.

    Returns:
        rows, in the order of the chips.
    """
    facts = [one for name, one in read_facts().items() if chips is None or name in chips]
    fitted = set(fits.groups())
    rows: list[Row] = []
    for group in dict.fromkeys(one.group if one.group in fitted else "" for one in facts):
        inside = [one for one in facts if (one.group if one.group in fitted else "") == group]
        cores = [(one, point) for one in inside for point in one.points]
        with fits.without([group] if group and without_own else []):
            prices = dict(
                zip(
                    [(one.name, one.points.index(point)) for one, point in cores],
                    price_cores(cores, draws),
                )
            )
        kind = ("cross-validated" if without_own else "calibrated") if group else "predicted"
        for one in inside:
            rows += _rows_of(one, prices, kind)
    order = {one.name: number for number, one in enumerate(facts)}
    return sorted(rows, key=lambda row: order[row["chip"]])


def _rows_of(facts: ChipFacts, prices: dict[tuple[str, int], CorePrice], kind: str) -> list[Row]:
    rows = [
        _row(
            facts,
            figure,
            prices[facts.name, number].energy_pj,
            kind,
            prices[facts.name, number].energy_by_part,
        )
        for number, figure in energies_of(facts).items()
    ]
    area = area_of(facts)
    # converters of the highest resolution are those that are there
    largest = max(range(len(facts.points)), key=lambda number: bits_of(facts, facts.points[number]))
    price = prices[facts.name, largest]
    if isinstance(area, Published):
        # the white space of a core is NeuRRAM's own
        own = "calibrated" if facts.name == WHITE_SPACE_OF else kind
        rows.append(_row(facts, area, price.area_mm2, own, price.area_by_part))
    for name, block in facts.blocks.items():
        whole = facts.area_mm2 or 0.0
        inside = {role: price.area_by_part.get(role, 0.0) for role in block.roles}
        factor = sum(inside.values()) / price.parts_mm2.value
        figure = Published(
            f"chips.{facts.name}.{name}_area",
            "area",
            f"{facts.name}: area of {name}",
            float(f"{block.share * whole:.4g}"),
            "mm2",
            f"{block.share:.0%} of the core",
        )
        rows.append(_row(facts, figure, price.parts_mm2.times(factor), kind, inside))
    return rows


def _row(
    facts: ChipFacts, figure: Published, model: Spread, kind: str, by_part: dict[str, float]
) -> Row:
    largest = max(by_part, key=lambda role: by_part[role])
    share = by_part[largest] / sum(by_part.values())
    return {
        "name": figure.name,
        "chip": facts.name,
        "group": facts.group,
        "memory": facts.memory,
        "quantity": figure.quantity,
        "title": figure.title,
        "source": facts.source,
        "place": f"{figure.place}; {facts.source_note}",
        "published": figure.value,
        "model": model.value,
        "model_range": [model.low, model.high],
        "unit": figure.unit,
        "relative_difference": model.value / figure.value - 1,
        "tolerance": max(abs(model.low / figure.value - 1), abs(model.high / figure.value - 1)),
        "criterion": "range",
        "within": model.low <= figure.value <= model.high,
        "kind": kind,
        "confidence": "secondary",
        "note": f"{share:.0%} of the model is {largest}",
    }
