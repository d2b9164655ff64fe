"""How long a run would take in SimPy, in jobs of a flat chip, before any event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archsim.chip.cores.messages import speed_of
from archsim.chip.network.route_table import ROW
from archsim.chip.plan.counts import plans_of

if TYPE_CHECKING:
    from archsim.chip.cores.core_work import CoreWork, Message  # all are in signatures alone
    from archsim.chip.network.speed import Speed
    from archsim.chip.plan.operation_plan import OperationPlan
    from archsim.soc.engine import PlacedTrace
    from archsim.trace.operation import Trace

# Measured on eight runs of cores40, from LeNet-1 to a vision transformer, within 14 %: 57 us a step
# and 8.2 us for a packet to pass a link, where a job of a flat chip takes 17 us.
JOBS_OF_A_STEP = 3.3
JOBS_OF_A_LINK = 0.48


def steps_in(trace: Trace, images: int) -> int:
    """Steps of all operations, images and batches: about as many jobs of a flat chip."""
    times = _times(trace, images)
    operations = trace.image_operations + trace.batch_operations
    return sum(operation.steps * times[operation.name] for operation in operations)


def jobs_of(work: PlacedTrace, plans: Sequence[OperationPlan], enough: float) -> float:
    """Jobs of a flat chip that take SimPy about as long as the run.

    Args:
        work: trace, chip and placement.
        plans: of its operations, where they are made already.
        enough: from so many on it does not matter how many more there are.

    Returns:
        the jobs of all images; on a chip of cores those of its steps and of all packets at all links.
    """
    if not work.placement.cores:
        return steps_in(work.trace, work.images)
    jobs = JOBS_OF_A_STEP * steps_in(work.trace, work.images)
    if jobs >= enough:
        return jobs
    speed = speed_of(work.chip)
    times = _times(work.trace, work.images)
    for plan in plans or plans_of(work.trace, work.chip, work.placement, work.images):
        if plan.cores is not None:
            passed = _links_passed(plan.cores, plan.operation.steps, speed)
            jobs += JOBS_OF_A_LINK * passed * times[plan.operation.name]
        if jobs >= enough:
            break
    return jobs


def _times(trace: Trace, images: int) -> dict[str, int]:
    """How often each operation is done."""
    batches = -(-images // trace.batch)
    times = {operation.name: -(-images // operation.every) for operation in trace.image_operations}
    return times | {operation.name: batches for operation in trace.batch_operations}


def _links_passed(work: CoreWork, steps: int, speed: Speed) -> int:
    """Links that packets pass in all steps of an operation; each copy has its steps in turn."""
    fetched = [_passed(messages, speed) for messages in work.fetches]
    sent = [_passed((*unit.exchanges, *unit.returns), speed) for unit in work.units]
    return sum(
        each * len(range(number, steps, len(table)))
        for table in (fetched, sent)
        for number, each in enumerate(table)
    )


def _passed(messages: Sequence[Message], speed: Speed) -> int:
    return sum(
        speed.packet_count(message.bits) * (len(message.route.rows) // ROW)
        for message in messages
        if message.route is not None
    )
