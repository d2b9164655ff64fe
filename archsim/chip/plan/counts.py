"""From the plans of all operations to what a run counts, without a simulation; the event model
counts by the same functions.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from archsim.chip.blocks import blocks
from archsim.chip.blocks.base import RunTotals
from archsim.chip.config import Architecture
from archsim.chip.cores.core_map import CoreMap
from archsim.chip.placement import Placement
from archsim.chip.plan.memory_map import MemoryMap
from archsim.chip.plan.operation_plan import OperationPlan, plan
from archsim.chip.plan.residency import Residency
from archsim.ledger.ledger import Ledger
from archsim.trace.operation import Trace


@dataclass(slots=True)
class Performed:
    """What was done of an operation; `extra_reads` are retries, which repeat the analog part of a
    job. Numbers need not be whole where retries are expected and none are simulated.
    """

    steps: float = 0.0
    jobs: float = 0.0
    extra_reads: float = 0.0

    def add(self, steps: float, jobs: float, extra_reads: float) -> None:
        """Do more."""
        self.steps += steps
        self.jobs += jobs
        self.extra_reads += extra_reads


def count_operation(ledger: Ledger, plan_: OperationPlan, performed: Performed) -> None:
    """Enter what an operation did."""
    operation = plan_.operation
    steps = performed.steps
    jobs = performed.jobs
    # a repeated read lasts as long as a first one, but only the tiles that saturated are driven
    extra = performed.extra_reads * operation.activity.retried_tiles
    layer = operation.layer
    phase = operation.phase
    # A retry repeats the analogue part alone: what moved over wires and buffers moved once.
    for counts, times in (
        (plan_.job, jobs + extra),
        (plan_.step, steps + extra * plan_.per_job),
        (plan_.once, steps),
    ):
        ledger.add_all(counts, layer, phase, times)


def count_shared(
    ledger: Ledger, trace: Trace, chip: Architecture, images: int, issues: int, cycles: int | None
) -> None:
    """Images from outside, the controller and its instructions: they belong to no layer."""
    totals = RunTotals(trace, chip, images, issues, cycles)
    for block in blocks():
        block.count_run(ledger, totals)


def plans_of(
    trace: Trace, chip: Architecture, placement: Placement, images: int = 1
) -> list[OperationPlan]:
    """The plans of all operations, for a run of so many images without events; where weights reload,
    each of one pass.
    """
    memory = MemoryMap.of(trace, chip, images)
    passes = Residency(placement, chip).passes if placement.passes else lambda operation: 1
    operations = trace.image_operations + trace.batch_operations
    cores = CoreMap.of(trace, chip, placement)
    return [plan(op, placement, chip, memory, 1.0 / passes(op), cores) for op in operations]


class Foreseen(NamedTuple):
    """A plan, how often it runs and what that does, with the retries that are expected."""

    plan: OperationPlan
    runs: int
    performed: Performed


def _foresee(trace: Trace, plans: Sequence[OperationPlan], images: int) -> Iterator[Foreseen]:
    once_a_batch = {op.name for op in trace.batch_operations}
    # A batch that was begun ends with its update.
    batches = math.ceil(images / trace.batch) if trace.phase == "training" else 0
    for item in plans:
        runs = (
            batches if item.operation.name in once_a_batch else -(-images // item.operation.every)
        )
        # Each pass of a layer that reloads is an operation of its own.
        runs *= round(1 / item.share)
        retries = item.retries * item.jobs * runs
        performed = Performed(item.operation.steps * runs, item.jobs * runs, retries)
        yield Foreseen(item, runs, performed)


def ledger_of_plans(
    trace: Trace,
    chip: Architecture,
    plans: Sequence[OperationPlan],
    images: int,
    placement: Placement | None = None,
) -> tuple[Ledger, int]:
    """The ledger and the number of tile operations that the plans foresee, without simulating; with
    the placement also what it costs to load weights in passes."""
    ledger = Ledger()
    issues = 0
    for foreseen in _foresee(trace, plans, images):
        count_operation(ledger, foreseen.plan, foreseen.performed)
        issues += foreseen.runs
    count_shared(ledger, trace, chip, images, issues, None)
    if placement and placement.passes:
        ledger.merge(Residency(placement, chip).foresee(trace, images))
    return ledger, sum(tile_operations_of_plans(trace, plans, images).values())


def tile_operations_of_plans(
    trace: Trace, plans: Sequence[OperationPlan], images: int
) -> dict[tuple[str, str], int]:
    """Tile operations by (layer, phase) that the plans foresee."""
    result: dict[tuple[str, str], int] = {}
    for item, _, performed in _foresee(trace, plans, images):
        key = (item.operation.layer, item.operation.phase)
        reads = performed.jobs + performed.extra_reads
        count = round(reads * item.tile_operations) if item.applies_vectors else 0
        result[key] = result.get(key, 0) + count
    return result
