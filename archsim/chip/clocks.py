"""Which clock a part hangs on, and how many cycles each clock runs.

A gate sits at the root of the clock of a block and of a tile: behind it all stops while the block
idles. What no block's cycles say anything of runs always.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Protocol

from hwlib import find_part
from hwlib.errors import InputError

if TYPE_CHECKING:
    # the description is made of blocks, and these ask here what runs in their pulses
    from archsim.chip.config import Architecture, ComponentSettings

# Parts of these groups hold flip-flops on the clock; arrays, converters and memories have their own
# timing.
CLOCKED_GROUPS = ("digital", "control", "stochastic")


def clock_of(block: str) -> str:
    """The role of a block's clock."""
    return f"{block}_clock"


@cache
def block_clocks() -> frozenset[str]:
    """The roles of all clocks of blocks: made by the chip, so that no part of a file is called so."""
    from archsim.chip.blocks import blocks  # blocks ask here what runs in their pulses

    return frozenset(clock_of(block.name) for block in blocks())


def is_clocked(part: str) -> bool:
    """Whether a part hangs on the chip's clock: one whose figures hold a clock has paid for it."""
    kind = find_part(part)
    return kind.group in CLOCKED_GROUPS and not kind.holds_clock


def block_that_clocks(role: str, entry: ComponentSettings, chip: Architecture) -> str | None:
    """The block in whose cycles a part outside the tiles is clocked.

    Args:
        role: of the part.
        entry: the part, on the chip's logic.
        chip: whose settings gate.

    Returns:
        name of the block; None where the part's clock always runs.
    """
    gated = chip.clock.gating != "none" if entry.gated is None else entry.gated
    if not gated:
        return None
    sources = (*entry.follows.values(), *entry.takes.values())
    counted_as = (role, *(source.split(".")[0] for items in sources for source in items))
    # blocks ask here what runs in their pulses
    from archsim.chip.blocks import owner_of

    owners = (owner_of(name) for name in counted_as)
    block = next((owner for owner in owners if owner is not None), None)
    return block.name if block is not None and block.stops(chip) else None


def check_gated(role: str, entry: ComponentSettings, chip: Architecture) -> None:
    """Hold a part's own word on its clock to what there is to stop.

    Raises:
        InputError: for a part without a clock, and for one that nothing stops.
    """
    if entry.gated is None:
        return
    where = f"{chip.origin}: components.{role}.gated"
    if entry.boundary == "system" or not is_clocked(entry.part):
        raise InputError(
            f"part '{entry.part}' hangs on no clock of the chip",
            where=where,
            got=entry.gated,
            hint="leave it out",
        )
    if not entry.gated:
        return
    if entry.boundary == "macro":
        if not chip.tile.clock_gating:
            raise InputError(
                "the clock of a tile is stopped as one, and here never",
                where=where,
                got=True,
                hint="set tile.clock_gating=true",
            )
    elif block_that_clocks(role, entry, chip) is None:
        raise InputError(
            "no block says when this part works, so nothing can stop its clock",
            where=where,
            got=True,
            hint="leave it out",
        )


def trunk_mm(side_mm: float, gates: int) -> float:
    """Wires in mm of an H-tree that reaches so many gates, spread over a square.

    Four leaves take a bar of half a side and two across it, 1.5 sides; each further level halves
    the bars and has four times as many, so n leaves take 1.5 (sqrt(n) - 1) sides.
    """
    return 1.5 * side_mm * (math.sqrt(max(1, gates)) - 1)


class Pulsed(Protocol):
    """Settings of an action that is done in pulses."""

    @property
    def pulse_cycles(self) -> int: ...


def clocked_in_a_pulse(pulsed: Pulsed, chip: Architecture) -> int:
    """Cycles of a pulse in which the clock of a tile runs: one where it waits for the end."""
    return 1 if chip.clock.gating == "waiting" else pulsed.pulse_cycles
