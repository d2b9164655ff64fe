"""Which clock a part hangs on, and how many cycles each clock runs.

A gate sits at the root of the clock of a block and of a tile: behind it all stops while the block
idles. What no block's cycles say anything of runs always.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Protocol

from archsim.chip.kind_chips import AT
from archsim.ledger.component import Component
from archsim.ledger.ledger import Ledger
from hwlib import find_part
from hwlib.errors import InputError
from hwlib.pricing import edition

if TYPE_CHECKING:
    # the description is made of blocks, and these ask here what runs in their pulses
    from archsim.chip.component_settings import ComponentSettings
    from archsim.chip.config import Architecture

# Parts of these groups hold flip-flops on the clock; arrays, converters and memories have their own
# timing.
CLOCKED_GROUPS = ("digital", "control", "stochastic")


def clock_of(name: str) -> str:
    """The role of the clock of a block, or of a part, which may be one of a kind of cores."""
    role, at, kind = name.partition(AT)
    return f"{role}_clock{at}{kind}"


@cache
def block_clocks() -> frozenset[str]:
    """The roles of all clocks of blocks."""
    return frozenset(map(clock_of, _block_names()))


@cache
def _block_names() -> frozenset[str]:
    from archsim.chip.blocks import blocks  # blocks ask here what runs in their pulses

    return frozenset(block.name for block in blocks())


def is_clocked(part: str) -> bool:
    """Whether a part hangs on the chip's clock: one whose figures hold a clock has paid for it."""
    kind = find_part(part)
    return kind.group in CLOCKED_GROUPS and not kind.holds_clock


def _is_gated(entry: ComponentSettings, chip: Architecture) -> bool:
    """Whether the clock of a part may stop: by its own word, else by the chip's."""
    return chip.clock.gating != "none" if entry.gated is None else entry.gated


def is_enabled(role: str, entry: ComponentSettings, chip: Architecture) -> bool:
    """Whether a part is clocked by its own action alone: registers hold what they have behind a
    gate of their own, where the clock around them is gated.
    """
    around = entry.boundary != "macro" or chip.tile.clock_gating
    alone = role not in _block_names() and bool(find_part(entry.part).enabled_by)
    return alone and around and _is_gated(entry, chip)


def with_enabled_clocks(ledger: Ledger, parts: Iterable[Component]) -> Ledger:
    """The ledger with the clocks of parts that their own action clocks: one cycle each time.

    Args:
        ledger: what was done, by the parts.
        parts: the chip's, with their clocks.
    """
    enabled = _enabled(tuple([(part.name, part.part) for part in parts]), edition())
    if not enabled:
        return ledger
    clocked = Ledger()
    clocked.counts = dict(ledger.counts)
    for (role, action, layer, phase), count in ledger.counts.items():
        if role in enabled and action == enabled[role]:
            clocked.add(clock_of(role), "cycle", layer, phase, count)
    return clocked


@lru_cache(maxsize=256)
def _enabled(parts: tuple[tuple[str, str], ...], of_edition: int) -> dict[str, str]:
    """The components that have a clock of their own, which an action of theirs clocks, and that
    action; of names and parts, by the edition of the library."""
    names = {name for name, _ in parts}
    return {
        name: find_part(part).enabled_by
        for name, part in parts
        if clock_of(name) in names and name not in _block_names()
    }


def block_that_clocks(role: str, entry: ComponentSettings, chip: Architecture) -> str | None:
    """The block in whose cycles a part outside the tiles is clocked.

    Args:
        role: of the part.
        entry: the part, on the chip's logic.
        chip: whose settings gate.

    Returns:
        name of the block; None where the part's clock always runs.
    """
    if not _is_gated(entry, chip):
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
