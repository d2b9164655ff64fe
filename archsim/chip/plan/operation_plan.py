"""What an operation does to each component: actions a tile job and a step, and the cycles they
take, by the laws of the blocks.

The simulator multiplies these with the jobs and steps that really happened; no joules appear here.
"""

from __future__ import annotations

from archsim.chip.blocks import by_kind, on_the_way
from archsim.chip.blocks.step import step_of
from archsim.chip.blocks.tile import TileJob
from archsim.chip.config import Architecture
from archsim.chip.cores.core_map import CoreMap
from archsim.chip.cores.core_plan import plan_on_cores
from archsim.chip.placement import Placement
from archsim.chip.plan.memory_map import MemoryMap
from archsim.chip.plan.record import Counts, OperationPlan, add
from archsim.trace.operation import Operation

__all__ = ["Counts", "OperationPlan", "add", "plan"]


def plan(
    operation: Operation,
    placement: Placement | None,
    chip: Architecture,
    memory: MemoryMap,
    share: float = 1.0,
    cores: CoreMap | None = None,
) -> OperationPlan:
    """The plan of an operation.

    Args:
        operation: one layer in one phase.
        placement: where the layers sit; None where the operation is off the tiles.
        chip: whose blocks it asks.
        memory: what of its data is off chip.
        share: the part of the layer's tiles that is loaded, 1 unless weights reload.
        cores: where the trace lies on the cores of the chip; None on a flat one.

    Returns:
        counts and cycles of a step and of a job.

    Raises:
        ValueError: for work on tiles without a placement of its layer.
    """
    result = OperationPlan(operation, share=share)
    layer = placement.layers.get(operation.matrix_name) if placement else None
    # what a step does is what cores of its layer's kind do
    chip = chip.of_kind(layer.kind) if layer is not None else chip
    if result.on_tiles:
        if placement is None or layer is None:
            raise ValueError(f"{operation.name} works on tiles: it needs a placement of its layer")
        by_kind()[operation.kind].plan_job(TileJob(result, layer, placement, chip))
        _hold(result, placement)
    step = step_of(result, layer, chip, memory)
    for block in on_the_way():
        # A core has buffers, wires and lanes of its own: its laws stand in archsim/chip/cores.
        if cores is None or block.on_cores:
            block.plan_step(step)
    if cores is not None:
        plan_on_cores(step, cores)
    return result


def _hold(result: OperationPlan, placement: Placement) -> None:
    """The tiles that lend their periphery for this operation, and those of its reference array;
    sequencers and clocks of all run.
    """
    operation = result.operation
    names = [name for name in (operation.matrix_name, operation.against) if name]
    others = set(names)
    if any(placement.layers[name].matrix.borrowed for name in names):
        used = {component for component, _ in (*result.job, *result.step)} | {"tile_clock"}
        others |= {placement.server(name, role) for name in names for role in used}
    others.discard(operation.matrix_name)
    taken = set(placement.layers[operation.matrix_name].tiles) if others else set()
    for name in sorted(others):
        own = set(placement.layers[name].tiles) - taken
        taken |= own
        result.held[name] = min(result.tile_operations, len(own))
    tiles = {operation.matrix_name: result.tile_operations} | result.held
    for role in ("tile_control", "tile_clock"):
        running = sum(
            count
            for name, count in tiles.items()
            if role not in placement.layers[name].matrix.borrowed
        )
        for counts in (result.job, result.step):
            cycles = counts.pop((role, "cycle"), 0.0)
            # The law of the tiles counted them for those of the layer alone; lenders run as long.
            add(counts, role, "cycle", cycles * running / result.tile_operations)
