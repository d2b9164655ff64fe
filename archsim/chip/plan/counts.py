"""From the plans of all operations to what a run counts, without a simulation; the event model
counts by the same functions.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from archsim.chip.config import Architecture
from archsim.chip.place import Placement
from archsim.chip.plan.memory_map import MemoryMap
from archsim.chip.plan.operation_plan import OperationPlan, plan
from archsim.chip.plan.residency import Residency
from archsim.ledger.ledger import Ledger
from archsim.trace.operation import Trace


def count_operation(
    ledger: Ledger, plan_: OperationPlan, steps: float, jobs: float, extra: float
) -> None:
    """Enter what an operation did: `extra` reads are retries, which repeat the analog part of a
    job.
    """
    operation = plan_.operation
    layer, phase = operation.layer, operation.phase
    for (component, action), count in plan_.job.items():
        ledger.add(component, action, layer, phase, count * (jobs + extra))
    for (component, action), count in plan_.step.items():
        ledger.add(component, action, layer, phase, count * (steps + extra * plan_.per_job))
    for (component, action), count in plan_.once.items():
        ledger.add(component, action, layer, phase, count * steps)


def count_shared(
    ledger: Ledger, trace: Trace, chip: Architecture, images: int, issues: int, cycles: int | None
) -> None:
    """Images from outside, the controller, its instructions and the clock: they belong to no layer."""
    bits = trace.input_elements * chip.read.input_bits * images
    ledger.add("off_chip_memory", "read", "", "", bits)
    ledger.add("buffer", "write", "", "", bits / chip.buffer.width_bits)
    issued = issues * chip.controller.issue_cycles
    ledger.add(
        "controller",
        "cycle",
        "",
        "",
        cycles if cycles is not None and chip.controller.always_on else issued,
    )
    ledger.add("instruction_memory", "read", "", "", issued)
    if cycles is not None:
        ledger.add("clock_tree", "cycle", "", "", cycles)


def plans_of(trace: Trace, chip: Architecture, placement: Placement) -> list[OperationPlan]:
    """The plans of all operations, for a run without events; where weights reload, each of one
    pass.
    """
    memory = MemoryMap.of(trace, chip)
    passes = Residency(placement, chip).passes if placement.passes else lambda operation: 1
    operations = trace.image_operations + trace.batch_operations
    return [plan(op, placement, chip, memory, 1.0 / passes(op)) for op in operations]


def _runs(
    trace: Trace, plans: list[OperationPlan], images: int
) -> Iterator[tuple[OperationPlan, int, float]]:
    """Each plan with how often it runs and the retries expected of it."""
    once_a_batch = {op.name for op in trace.batch_operations}
    batches = math.ceil(images / trace.batch) if trace.phase == "training" else 0
    for item in plans:
        runs = (
            batches if item.operation.name in once_a_batch else -(-images // item.operation.every)
        )
        runs *= round(1 / item.share)
        yield item, runs, item.retries * item.jobs * runs


def ledger_of_plans(
    trace: Trace,
    chip: Architecture,
    plans: list[OperationPlan],
    images: int,
    placement: Placement | None = None,
) -> tuple[Ledger, int]:
    """The ledger and the number of tile operations that the plans foresee, without simulating; with
    the placement also what it costs to load weights in passes."""
    ledger, issues = Ledger(), 0
    for item, runs, extra in _runs(trace, plans, images):
        count_operation(ledger, item, item.operation.steps * runs, item.jobs * runs, extra)
        issues += runs
    count_shared(ledger, trace, chip, images, issues, None)
    if placement and placement.passes:
        ledger.merge(Residency(placement, chip).foresee(trace, images))
    return ledger, sum(tile_operations_of_plans(trace, plans, images).values())


def tile_operations_of_plans(
    trace: Trace, plans: list[OperationPlan], images: int
) -> dict[tuple[str, str], int]:
    """Tile operations by (layer, phase) that the plans foresee."""
    result: dict[tuple[str, str], int] = {}
    for item, runs, extra in _runs(trace, plans, images):
        place = (item.operation.layer, item.operation.phase)
        count = (
            round((item.jobs * runs + extra) * item.tile_operations) if item.applies_vectors else 0
        )
        result[place] = result.get(place, 0) + count
    return result
