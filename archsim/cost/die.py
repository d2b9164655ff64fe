"""From the parts of a chip to its die: white space and wiring, references, pumps, regulators, ring.

The parts of a chip add up to less silicon than its die has: two sevenths of the middle core that was
published (61 % of NeuRRAM's). What is between, around and beside them follows from a figure each, with
its band (`hwlib/figures/die.toml`), and from nothing that the chip's description says but whether it
programs cells. Low and high take every figure at its low and every figure at its high.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import TYPE_CHECKING, NamedTuple

from archsim.cost.spread import Spread, total
from hwlib.figures import figure

if TYPE_CHECKING:
    from archsim.cost.estimate import Estimate

_PROGRAMS = ("write_driver", "level_shifter")
"""Roles that a chip has whose cells are programmed: it then has a pump."""
_MM2 = 1e-6  # from um2
_MM = 1e3  # from m
_UW = 1e6  # from W
REFERENCE_POWER = ("die.reference_power", "die.references")
"""Figures of what the references draw."""


class DieShare(NamedTuple):
    """A part of the die: its name, area in mm2, and the figures behind it."""

    name: str
    area_mm2: Spread
    figures: tuple[str, ...]


class Die(NamedTuple):
    """A chip on its die: area in mm2, energy in J, power in uW (None where nothing was timed), and the
    shares of the area.
    """

    area_mm2: Spread
    energy_j: Spread
    power_uw: Spread | None
    shares: tuple[DieShare, ...]


def die_of(estimate: Estimate) -> Die:
    """The die of a priced run; the references draw their current as long as it takes."""
    roles = [item.component.name for item in estimate.components]
    shares = die_shares(estimate.area_mm2("macro"), estimate.area_mm2("chip"), roles)
    # They draw it whether the arrays work or not, so it is time that counts and not actions.
    references = reference_power()
    energy = estimate.energy_j("chip")
    power = estimate.power_uw("chip")
    if estimate.seconds is not None:
        energy = energy.plus(references.times(estimate.seconds))
    if power is not None:
        power = power.plus(references.times(_UW))
    return Die(total(share.area_mm2 for share in shares), energy, power, tuple(shares))


def core_area(parts: Spread) -> Spread:
    """Area in mm2 of the cores whose parts add up to `parts`: white space, wiring and what no part
    stands for.
    """
    share = _spread("die.core_white_space")
    # The figure is the share of the *finished* core that no part fills, hence a division and not a
    # factor.
    return Spread(*(area / (1 - part) for area, part in zip(parts, share)))


def die_shares(macro: Spread, chip: Spread, roles: Collection[str]) -> list[DieShare]:
    """The shares of a die, from the parts to the ring.

    Args:
        macro: area in mm2 of arrays and converters.
        chip: with all else on the chip.
        roles: of the chip's components.

    Returns:
        the shares; they add up to the die.
    """
    core = core_area(macro)
    white = Spread(*(whole - part for whole, part in zip(core, macro)))
    beside = [_references(), _regulator()]
    if any(role in roles for role in _PROGRAMS):
        beside.append(_pump())
    # The order is that of a floor plan: cores grow by their white space, the blocks beside them are
    # added, the space between all of them is a share of that sum, and the ring lies around
    # everything.
    blocks = chip.plus(white)
    for share in beside:
        blocks = blocks.plus(share.area_mm2)
    spacing = _spread("die.block_spacing")
    between = Spread(*(area * part / (1 - part) for area, part in zip(blocks, spacing)))
    shares = [
        DieShare("parts", chip, ()),
        DieShare("white space and wiring of cores", white, ("die.core_white_space",)),
        *beside,
        DieShare("space between blocks", between, ("die.block_spacing",)),
    ]
    return [*shares, _ring(blocks.plus(between))]


def reference_power() -> Spread:
    """Power in W of the references."""
    power, count = map(_spread, REFERENCE_POWER)
    # Low with low and high with high: the bounds of a product of positive figures.
    return Spread(*(one * number for one, number in zip(power, count)))


def _references() -> DieShare:
    area = _spread("die.reference_area")
    count = _spread("die.references")
    whole = Spread(*(one * number * _MM2 for one, number in zip(area, count)))
    return DieShare("references", whole, ("die.reference_area", "die.references"))


def _regulator() -> DieShare:
    return DieShare("regulator", _spread("die.regulator_area").times(_MM2), ("die.regulator_area",))


def _pump() -> DieShare:
    return DieShare("charge pump", _spread("die.pump_area").times(_MM2), ("die.pump_area",))


def _ring(inside: Spread) -> DieShare:
    """Pads and ring around a square, whose sides must hold the pads."""
    depths = _spread("die.ring_depth").times(_MM)
    pitches, pads = _spread("die.pad_pitch").times(_MM), _spread("die.pads")
    areas = []
    for area, depth, pitch, number in zip(inside, depths, pitches, pads):
        # A small chip is limited by its pads, a fourth of them on each side; the empty middle is
        # die as well. The ring goes around it at both ends of a side.
        side = max(math.sqrt(area), number * pitch / 4)
        areas.append((side + 2 * depth) ** 2 - area)
    return DieShare(
        "pads and ring", Spread(*areas), ("die.ring_depth", "die.pad_pitch", "die.pads")
    )


def _spread(name: str) -> Spread:
    one = figure(name)
    return Spread(one.value, one.low, one.high)
