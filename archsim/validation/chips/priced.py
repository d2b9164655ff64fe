"""What the model gives for a core: the energy of an invocation and the area, with bands."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from archsim.chip.built import build_chip
from archsim.cost.counted_design import Counted, CountedAction, CountedPart
from archsim.cost.draws import draw_shares, price_draws
from archsim.cost.spread import Spread
from archsim.trace import build_trace
from archsim.validation.chips.choices import array_of, below_laws, lines_together
from archsim.validation.chips.facts import ChipFacts, Point
from archsim.validation.chips.rule import architecture
from archsim.validation.workloads import one_matrix
from hwlib import price

DRAWS = 60
"""Draws of prices for a band of 5 to 95 %, where it should come soon."""
SEED = 13
_OWN_SUPPLY = ("line_load", "cell_1t1r", "cell_1t1mtj", "cell_nor_flash")
"""Parts whose parameters have the supply or the voltage that their current is drawn from."""


class CorePrice(NamedTuple):
    """Energy of an invocation in pJ and area of a core's parts in mm2, with 5 and 95 % of the draws; what
    each part has of both, by role.
    """

    energy_pj: Spread
    parts_mm2: Spread
    energy_by_part: dict[str, float]
    area_by_part: dict[str, float]


def count_core(facts: ChipFacts, point: Point) -> tuple[Counted, list[str]]:
    """The parts of a core and what they do in one invocation, and the roles of the parts.

    The rows that are read at a time are driven, each converter takes its columns once. Cells of all
    these columns conduct, as many as the array has at most.
    """
    chip = architecture(facts, point)
    rows, columns = array_of(facts)
    conversions = point.conversions or facts.converters
    outputs = min(conversions, columns)
    built = build_chip(build_trace(one_matrix(min(point.rows_active, rows), outputs)), chip)
    driven = min(point.rows_active, rows)
    lines = lines_together(facts, point)
    cells = min(driven * point.columns_together * conversions, driven * lines * columns)
    ones = ones_of(point.input_bits)
    shares = {
        # The trace reads one column a conversion; a converter may take several at once.
        ("array", "read"): ones * cells / (driven * outputs),
        ("word_line_driver", "drive"): ones * lines,
    }
    charge = below_laws(facts, point) ** 2
    # Papers print cores: what lies around them is no part of their figures.
    inside = [part for part in built.parts if part.boundary == "macro"]
    number_of = {part.name: number for number, part in enumerate(inside)}
    part_of = {part.name: part.part for part in inside}
    actions: dict[tuple[str, str], float] = {}
    for (role, action, _, _), count in built.counts.items():
        if role in number_of:
            share = shares.get((role, action), 1.0)
            if part_of[role] not in _OWN_SUPPLY:
                share *= charge
            actions[role, action] = actions.get((role, action), 0.0) + count * share
    parts = tuple(
        CountedPart(part.part, tuple(sorted(part.parameters.items())), part.count)
        for part in inside
    )
    counted = tuple(
        CountedAction(number_of[role], action, count) for (role, action), count in actions.items()
    )
    return Counted(parts, counted, facts.node_nm, point.invocation_ns * 1e-9, 1), list(number_of)


def ones_of(bits: int) -> float:
    """Ones among the bits of inputs that are not zero, over the half that archsim counts for a trace: a
    bit that is not zero is one.
    """
    return 2.0**bits / (2.0**bits - 1)


def price_cores(cores: list[tuple[ChipFacts, Point]], draws: int = DRAWS) -> list[CorePrice]:
    """Price some cores with the same `draws`."""
    counted = [count_core(facts, point) for facts, point in cores]
    drawn = price_draws([design for design, _ in counted], draw_shares(draws, SEED))
    prices = []
    for index, (design, roles) in enumerate(counted):
        energy, area = _shares(design, roles)
        bands = [np.percentile(drawn[name][:, index], (5, 95)) for name in ("energy_j", "area_mm2")]
        (low, high), (small, large) = bands[0] * 1e12, bands[1]
        parts = _spread(sum(area.values()), small, large)
        prices.append(CorePrice(_spread(sum(energy.values()), low, high), parts, energy, area))
    return prices


def _spread(value: float, low: float, high: float) -> Spread:
    # few draws may lie on one side of the printed figures
    return Spread(value, min(value, float(low)), max(value, float(high)))


def part_sums(design: Counted, roles: list[str]) -> tuple[float, float]:
    """Energy in pJ and area in mm2 of all parts of a core."""
    energy, area = _shares(design, roles)
    return sum(energy.values()), sum(area.values())


def _shares(design: Counted, roles: list[str]) -> tuple[dict[str, float], dict[str, float]]:
    """Energy in pJ, leakage during the invocation included, and area in mm2, by role."""
    energy = dict.fromkeys(roles, 0.0)
    area = dict.fromkeys(roles, 0.0)
    units = [price(part.part, dict(part.parameters), design.node_nm) for part in design.parts]
    for role, part, unit in zip(roles, design.parts, units):
        area[role] = unit.area.value * part.instances * 1e-6
        energy[role] = unit.leakage.value * part.instances * (design.seconds or 0.0) * 1e12
    for action in design.actions:
        energy[roles[action.number]] += (
            units[action.number].energy[action.action].value * action.times * 1e12
        )
    return energy, area
