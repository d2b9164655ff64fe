"""Published figures of fabricated chips, each beside the model's.

A chip whose own rows are among those that parts were fitted to (hwlib/fits) is priced without them, and
its core has the white space of the other cores: its figures are *cross-validated*. Of all others
nothing went in: *predicted*.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from archsim.cost.spread import Spread
from archsim.validation.chips.census import most_bits, unstated, white_space
from archsim.validation.chips.facts import ChipFacts, read_facts
from archsim.validation.chips.priced import DRAWS, CorePrice, price_cores
from archsim.validation.chips.published import Left, Published, area_of, energies_of
from archsim.validation.chips.scatter import kind_of
from hwlib import fits

Row = dict[str, Any]
NOT_SAID = "core, not said"
"""Boundary of a published area whose paper does not say what it holds."""


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
    for group in dict.fromkeys(one.group for one in facts):
        inside = [one for one in facts if one.group == group]
        cores = [(one, point) for one in inside for point in one.points]
        left = [group] if without_own else []
        with fits.without([name for name in left if name in fitted]):
            prices = dict(
                zip(
                    [(one.name, one.points.index(point)) for one, point in cores],
                    price_cores(cores, draws),
                )
            )
        # An area is never predicted outright: its share of white space comes from other cores.
        kind = "cross-validated" if without_own else "calibrated"
        for one in inside:
            rows += _rows_of(one, prices, left, kind if group in fitted else "predicted", kind)
    # Priced group by group, shown in the order of the chips.
    order = {one.name: number for number, one in enumerate(facts)}
    return sorted(rows, key=lambda row: order[row["chip"]])


def _rows_of(
    facts: ChipFacts,
    prices: dict[tuple[str, int], CorePrice],
    left: Collection[str],
    kind: str,
    area_kind: str,
) -> list[Row]:
    below, above = unstated(kind_of(facts), left)
    rows = []
    for number, figure in energies_of(facts).items():
        core = prices[facts.name, number]
        inside, drawn = _in_table(facts, core.energy_by_part, core.energy_pj)
        parts = drawn.value
        # what is drawn from the ranges of figures is in it
        energy = Spread(parts, parts * below, parts * above)
        rows.append(_row(facts, figure, energy, kind, inside, drawn))
    area = area_of(facts)
    price = prices[facts.name, facts.points.index(most_bits(facts))]
    if isinstance(area, Published):
        # the scatter of the parts' areas is in that of the share; a study adds up its parts
        inside, whole = _in_table(facts, price.area_by_part, price.parts_mm2)
        if facts.measured:
            whole = Spread(*(whole.value / (1 - part) for part in white_space(left)))
        rows.append(
            # a study takes no white space of others
            _row(facts, area, whole, area_kind if facts.measured else kind, inside, price.parts_mm2)
        )
    for name, block in facts.blocks.items():
        # The share of a block is of the stated area.
        core_mm2 = facts.area_mm2 or 0.0
        inside = {role: price.area_by_part.get(role, 0.0) for role in block.roles}
        factor = sum(inside.values()) / price.parts_mm2.value
        figure = Published(
            f"chips.{facts.name}.{name}_area",
            "area",
            f"{facts.name}: area of {name}",
            float(f"{block.share * core_mm2:.4g}"),
            "mm2",
            f"{block.share:.0%} of the core",
        )
        parts_mm2 = price.parts_mm2.times(factor)
        rows.append(_row(facts, figure, parts_mm2, kind, inside, parts_mm2))
    return rows


def _in_table(
    facts: ChipFacts, by_part: dict[str, float], whole: Spread
) -> tuple[dict[str, float], Spread]:
    """The parts that a published figure holds, and their sum: of silicon all of them, of a study those
    that its component table has a line for.
    """
    inside = {role: one for role, one in by_part.items() if role not in facts.not_in_table}
    return inside, whole.times(sum(inside.values()) / sum(by_part.values()))


def _row(
    facts: ChipFacts,
    figure: Published,
    model: Spread,
    kind: str,
    by_part: dict[str, float],
    parts: Spread,
) -> Row:
    largest = max(by_part, key=lambda role: by_part[role])
    share = by_part[largest] / sum(by_part.values())
    return {
        "name": figure.name,
        "chip": facts.name,
        "group": facts.group,
        "memory": facts.memory,
        "quantity": figure.quantity,
        # Where the paper does not say what its area is of, it is taken for that of the core.
        "boundary": NOT_SAID if figure.quantity == "area" and not facts.says_area else "core",
        "title": figure.title,
        "source": facts.source,
        "place": f"{figure.printed_at}; {facts.source_note}",
        "published": figure.value,
        "model": model.value,
        "model_range": [model.low, model.high],
        "parts_range": [parts.low, parts.high],
        "unit": figure.unit,
        "relative_difference": model.value / figure.value - 1,
        "tolerance": max(abs(model.low / figure.value - 1), abs(model.high / figure.value - 1)),
        "criterion": "range",
        "within": model.low <= figure.value <= model.high,
        "kind": kind,
        "confidence": "secondary",
        "note": f"{share:.0%} of the model is {largest}",
    }
