"""What a chip published: its energies and its area, as figures to compare with."""

from __future__ import annotations

from typing import NamedTuple

from archsim.validation.chips.choices import bits_of
from archsim.validation.chips.facts import ChipFacts, Point

COARSE = 0.1
"""Half of the last printed digit of a density over its value: above, it says no area."""


class Published(NamedTuple):
    """A published figure of a chip."""

    name: str
    quantity: str
    title: str
    value: float
    unit: str
    printed_at: str


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
    name = f"chips.{facts.name}.area"
    title = f"{facts.name}: area of a core"
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
    # Operations a ns are 1e-3 TOPS.
    value = point.operations / point.invocation_ns * 1e-3 / density
    derived = f"operations over time over density, {density:g} TOPS/mm2 of one bit"
    return Published(name, "area", title, float(f"{value:.4g}"), "mm2", derived)


def energies_of(facts: ChipFacts) -> dict[int, Published]:
    """Energies of an invocation by the number of the point."""
    # One published figure is one check.
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
