"""What of a run compiled events do not cover: it runs in SimPy."""

from __future__ import annotations

from collections.abc import Iterator

from archsim.chip.placement import Placement
from archsim.soc.riders import Riders
from archsim.trace.operation import Trace


def not_covered(trace: Trace, placement: Placement, riders: Riders) -> Iterator[str]:
    """What of a run only SimPy can do.

    Args:
        trace: what the chip has to do.
        placement: of its layers.
        riders: who rides along.

    Yields:
        one reason after the other, in words; none where compiled events do it all.
    """
    if riders.data is not None:
        yield "real data ride along"
    if riders.observers:
        yield "the events are observed"
    if placement.passes:
        yield "weights are loaded again and again (execution.reload)"
    names = [operation.name for operation in trace.image_operations + trace.batch_operations]
    if len(set(names)) < len(names):
        yield "operations of one name"
