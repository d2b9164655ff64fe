"""Settings of the clock: what stops it where nothing works."""

from __future__ import annotations

from typing import Annotated, Literal

from archsim.chip.section import Section
from hwlib.effects import Effects


class ClockSettings(Section):
    """The clock of the logic outside the tiles; that of a tile is `tile.clock_gating`."""

    gating: Annotated[Literal["none", "blocks", "waiting"], Effects(energy="any")] = "blocks"
    """`none`: the clock runs over all logic all the time; `blocks`: that of a block runs in the
    cycles in which the block works, and a trunk that reaches all gates always does; `waiting`: as
    `blocks`, and the clock of the whole chip and of its tiles stands still through programming and
    update pulses, of which it runs one cycle each.
    """
