"""Cycles of a tile operation: a fixed pipeline inside the tile, so arithmetic and no events."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archsim.chip.plan.row_groups import groups_of_full_tile

if TYPE_CHECKING:
    # the description is made of blocks, and these use the laws here
    from archsim.chip.config import Architecture


@dataclass(frozen=True, slots=True)
class TileTiming:
    """One tile operation: cycles until its result is there, and cycles until the tile can take the
    next one.
    """

    latency: int
    interval: int
    conversions_in_turn: int

    @property
    def under_way(self) -> int:
        """Results that are not there yet when the tile takes the next operation: their queue has room
        for them, so that a tile never waits for the end of its own pipeline.
        """
        # what is done outside the tiles takes it no cycle
        return -(-(self.latency - self.interval) // max(1, self.interval))


def conversions_in_turn(chip: Architecture, lines: int, lines_used: int) -> int:
    """Conversions that one ADC does one after the other for `lines` lines of a tile, of which
    `lines_used` hold weights.
    """
    adcs = chip.adcs_per_tile
    read = lines if chip.read.all_groups else min(lines, lines_used)
    return max(1, -(-read // adcs))


def read_timing(
    chip: Architecture, columns_used: int, transposed: bool = False, groups: int | None = None
) -> TileTiming:
    """Timing of one read of a tile: rounds of sampling (the array integrates) and conversion (the
    ADC works).

    shared front end: each of the ADC's columns applies the input again, slots x slot + conversion
    (Wu 2023: 8 groups x (8 + 1) = 72 cycles); per-column front end: all columns integrate together
    and are converted in turn. With digital accumulation every slot of every group of rows is
    converted. `overlap` lets a round's conversion run beside the next sampling, of the same read or
    of the next one: the slower of the two sets the pace.

    Args:
        chip: its tiles and converters.
        columns_used: columns that hold weights.
        transposed: read from the columns.
        groups: of rows that are driven one after the other; None: those of a full tile.

    Returns:
        cycles of the read.
    """
    in_turn = groups_of_full_tile(chip, transposed) if groups is None else groups
    read = chip.read
    turns = conversions_in_turn(
        chip, chip.tile.rows if transposed else chip.tile.columns, columns_used
    )
    shared = read.front_end == "shared"
    digital = read.accumulate == "digital"
    steps = read.slots * in_turn
    # A shared amplifier must see the input anew for each of its columns; digital sums need a
    # conversion each time.
    rounds = (turns if shared else 1) * (steps if digital else 1)
    sampling = read.slot_cycles * (1 if digital else steps)
    conversion = read.conversion_cycles * (1 if shared else turns)
    if not read.overlap:
        return TileTiming(rounds * (sampling + conversion), rounds * (sampling + conversion), turns)
    interval = rounds * max(sampling, conversion)
    # The first round has nothing to run beside: the shorter half is added once.
    return TileTiming(interval + min(sampling, conversion), interval, turns)


def pulse_update_cycles(
    chip: Architecture, train_length: float, phases: int = 0, pulse_cycles: int | None = None
) -> int:
    """Cycles of one rank-1 update: polarity phases (0: the chip's) x train length x pulse (None:
    the chip's), a mean length rounded up.
    """
    each = chip.update.pulse_cycles if pulse_cycles is None else pulse_cycles
    return math.ceil((phases or chip.update.polarity_phases) * train_length * each - 1e-9)


def write_row_cycles(
    chip: Architecture, devices: float, pulses: float, verifies: float = 1.0
) -> float:
    """Cycles to program `devices` devices of one row with `verifies` reads a pulse (0: blindly); a
    pulse reaches one device or the whole row."""
    # A fraction of a device is the chance that a row has any to program.
    turns = devices if chip.write.parallel == "device" else min(1.0, devices)
    return turns * pulses * (chip.write.pulse_cycles + verifies * chip.write.verify_cycles)
