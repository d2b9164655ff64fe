"""Counts of a training step, from the definition of its work."""

from __future__ import annotations

import math

from golden.chip import CHUNK, Chip, up
from golden.hand import Work, together


def one_by_one(chip: Chip, *groups: list[Work]) -> int:
    """Cycles of groups of operations, each after the one before; the instruction of the next is
    fetched meanwhile, but not of the next group, which waits for the end of all before."""
    total = 0
    for group in groups:
        if not chip.prefetch:
            total += sum(chip.issue + work.cycles for work in group)
        elif group:
            total += (
                chip.issue
                + sum(max(work.cycles, chip.issue) for work in group[:-1])
                + group[-1].cycles
            )
    return total


def shared_counts(chip: Chip, work: list[Work], cycles: int, values: int) -> dict[str, float]:
    """What belongs to no layer: `values` that come from outside, instructions, controller and
    clocks. That of the lanes, and that of a rule's units, run while these work.
    """
    operations = len(work)
    units = sum(item.units for item in work)
    bits = values * chip.input_bits
    return {
        "off_chip_memory.read": bits,
        "buffer.write": bits / chip.port,
        "instruction_memory.read": operations * chip.issue,
        "controller.cycle": cycles if chip.always_on else operations * chip.issue,
        "clock_tree.cycle": cycles,
        "vector_unit_clock.cycle": sum(item.lanes for item in work),
    } | ({"bitstream_clock.cycle": units} if units else {})


def rows_of(work: list[Work]) -> dict[tuple[str, str], dict[str, float]]:
    """Counts by layer and phase."""
    counts: dict[tuple[str, str], dict[str, float]] = {}
    for item in work:
        key = item.layer, item.phase
        counts[key] = together(counts.get(key, {}), item.counts)
    return counts


def optimiser_steps(weights: int) -> int:
    """Chunks of a whole layer's weights."""
    return up(weights, CHUNK)


def rounded_up(value: float) -> int:
    return math.ceil(value - 1e-9)
