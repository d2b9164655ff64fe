"""Digital units that keep pace with the tiles (`execution.keep_pace`)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from archsim.chip.config import Architecture
from archsim.chip.placement import Placement
from archsim.chip.plan.counts import plans_of
from archsim.chip.plan.record import OperationPlan
from archsim.trace.operation import Trace

_TRIES = 30


class Grown(NamedTuple):
    """A setting that grows, and the most that it can be."""

    section: str
    field: str
    most: int


GROWN = (
    Grown("vector_unit", "lanes", 65536),
    Grown("interconnect", "width_bits", 4096),
    Grown("buffer", "width_bits", 1024),
    Grown("off_chip", "bits_per_cycle", 65536),
)


def with_pace(
    trace: Trace, chip: Architecture, placement: Placement, images: int = 1
) -> Architecture:
    """The chip with so many lanes, and so wide wires, buffer ports and channels, that no read waits
    for them: a step takes of each no longer than of its tiles. What is set is the least.

    Args:
        trace: what the chip has to do.
        chip: its description.
        placement: where the layers lie.
        images: that go through.

    Returns:
        the same chip where all keep pace, or `execution.keep_pace` is false; where the widest is too
        narrow, with that.
    """
    if not chip.execution.keep_pace:
        return chip
    for _ in range(_TRIES):
        needs = _needs(plans_of(trace, chip, placement, images), chip)
        late = [
            item for item in GROWN if needs[item.section] > 1 and _value(chip, item) < item.most
        ]
        if not late:
            return chip
        for item in late:
            chip = _grown(chip, item, needs[item.section])
    return chip


def pace_notes(before: Architecture, after: Architecture) -> list[str]:
    """What grew, as one line; what is as wide as it can be may hold up the tiles all the same."""
    words = [
        f"{item.section}.{item.field} {_value(before, item)} to {_value(after, item)}"
        + (" (the most)" if _value(after, item) == item.most else "")
        for item in GROWN
        if _value(before, item) != _value(after, item)
    ]
    if not words:
        return []
    return [f"digital units keep pace with the tiles (execution.keep_pace): {', '.join(words)}"]


def _value(chip: Architecture, item: Grown) -> int:
    value: int = getattr(getattr(chip, item.section), item.field)
    return value


def _needs(plans: Iterable[OperationPlan], chip: Architecture) -> dict[str, float]:
    """By block the most that a read takes of it, over what it takes of its tiles."""
    shared = {"interconnect": chip.interconnect.kind == "bus", "buffer": chip.buffer.ports == 1}
    ports = {"buffer": max(1, chip.buffer.ports // 2)}
    needs = {item.section: 0.0 for item in GROWN}
    for plan in plans:
        if plan.operation.kind not in ("read", "read_transposed"):
            continue
        pace = plan.timing.interval / (plan.units * plan.per_job)
        for name in needs:
            down, up = plan.down.get(name, 0), plan.up.get(name, 0)
            cycles = down + up if shared.get(name) else max(down, up)
            needs[name] = max(needs[name], cycles / ports.get(name, 1) / pace)
    return needs


def _grown(chip: Architecture, item: Grown, need: float) -> Architecture:
    value = _value(chip, item)
    wanted = min(item.most, max(value + 1, math.ceil(value * need - 1e-9)))
    section = getattr(chip, item.section).model_copy(update={item.field: wanted})
    return chip.model_copy(update={item.section: section}).read_from(chip.origin)
