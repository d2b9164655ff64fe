"""A buffer that is grown until what a network keeps fits (`buffer.fit`)."""

from __future__ import annotations

import math

from archsim.chip.config import Architecture
from archsim.chip.plan.memory_map import KIB, MemoryMap
from archsim.trace.operation import Trace
from hwlib.errors import InputError

MOST_KIB = 65536.0
_PRICED_BY = "=buffer.capacity_kib"


def with_fitting_buffer(trace: Trace, chip: Architecture, images: int = 1) -> Architecture:
    """The chip with the buffer that a trace needs, where `buffer.fit` asks for it; else as it is.

    Args:
        trace: what the chip has to do.
        chip: its description.
        images: that go through.

    Returns:
        the same chip where all fits.

    Raises:
        InputError: where no buffer is large enough, or the chip's price would not grow with it.
    """
    if not chip.buffer.fit:
        return chip
    where = f"{chip.origin}: buffer.fit"
    if not any(_PRICED_BY in entry.parameters.values() for entry in chip.components.values()):
        raise InputError(
            "no part of the chip grows with its buffer, so that growing it would cost nothing",
            where=where,
            got=True,
            hint=f'give the part of the buffer capacity_kib = "{_PRICED_BY}"',
        )
    memory = MemoryMap.of(trace, chip, images)
    needed = math.ceil(memory.needed_bits(trace, chip) / KIB - 1e-9)
    if needed <= chip.buffer.capacity_kib:
        return chip
    if needed > MOST_KIB:
        raise InputError(
            "no buffer holds what this network keeps",
            where=where,
            got=f"{needed} KiB",
            allowed=f"up to {MOST_KIB:g} KiB",
            hint="buffer.fit=false sends it off chip",
        )
    buffer = chip.buffer.model_copy(update={"capacity_kib": float(needed)})
    return chip.model_copy(update={"buffer": buffer}).read_from(chip.origin)
