"""From a finished machine (or from plans alone) to the ledger and the facts of a result."""

from __future__ import annotations

import math
from collections.abc import Iterator

from archsim.architecture.config import Architecture
from archsim.cost.ledger import Ledger
from archsim.placement import Placement
from archsim.soc.actions import OperationPlan, plan
from archsim.soc.machine import Machine
from archsim.soc.memory_map import MemoryMap
from archsim.soc.reload import Residency
from archsim.soc.server import Server
from archsim.trace.operation import Trace


def count_operation(ledger: Ledger, plan_: OperationPlan, steps: float, jobs: float, extra: float) -> None:
    """Enter what an operation did: `extra` reads are retries, which repeat the analog part of a job."""
    operation = plan_.operation
    layer, phase = operation.layer, operation.phase
    for (component, action), count in plan_.job.items():
        ledger.add(component, action, layer, phase, count * (jobs + extra))
    for (component, action), count in plan_.step.items():
        ledger.add(component, action, layer, phase, count * (steps + extra * plan_.per_job))
    for (component, action), count in plan_.once.items():
        ledger.add(component, action, layer, phase, count * steps)


def count_shared(ledger: Ledger, trace: Trace, chip: Architecture, images: int, issues: int, cycles: int | None) -> None:
    """Images from outside, the controller, its instructions and the clock: they belong to no layer."""
    bits = trace.input_elements * chip.read.input_bits * images
    ledger.add("off_chip_memory", "read", "", "", bits)
    ledger.add("buffer", "write", "", "", bits / chip.buffer.width_bits)
    issued = issues * chip.controller.issue_cycles
    ledger.add("controller", "cycle", "", "", cycles if cycles is not None and chip.controller.always_on else issued)
    ledger.add("instruction_memory", "read", "", "", issued)
    if cycles is not None:
        ledger.add("clock_tree", "cycle", "", "", cycles)


def plans_of(trace: Trace, chip: Architecture, placement: Placement) -> list[OperationPlan]:
    """The plans of all operations, for a run without events; where weights reload, each of one pass."""
    memory = MemoryMap.of(trace, chip)
    passes = Residency(placement, chip).passes if placement.passes else lambda operation: 1
    operations = trace.image_operations + trace.batch_operations
    return [plan(op, placement, chip, memory, 1.0 / passes(op)) for op in operations]


def _runs(trace: Trace, plans: list[OperationPlan], images: int) -> Iterator[tuple[OperationPlan, int, float]]:
    """Each plan with how often it runs and the retries expected of it."""
    once_a_batch = {op.name for op in trace.batch_operations}
    batches = math.ceil(images / trace.batch) if trace.phase == "training" else 0
    for item in plans:
        runs = batches if item.operation.name in once_a_batch else -(-images // item.operation.every)
        runs *= round(1 / item.share)
        yield item, runs, item.retries * item.jobs * runs


def ledger_of_plans(trace: Trace, chip: Architecture, plans: list[OperationPlan], images: int,
                    placement: Placement | None = None) -> tuple[Ledger, int]:
    """The ledger and the number of tile operations that the plans foresee, without simulating; with the placement also
    what it costs to load weights in passes."""
    ledger, issues = Ledger(), 0
    for item, runs, extra in _runs(trace, plans, images):
        count_operation(ledger, item, item.operation.steps * runs, item.jobs * runs, extra)
        issues += runs
    count_shared(ledger, trace, chip, images, issues, None)
    if placement and placement.passes:
        ledger.merge(Residency(placement, chip).foresee(trace, images))
    return ledger, sum(tile_operations_of_plans(trace, plans, images).values())


def tile_operations_of_plans(trace: Trace, plans: list[OperationPlan], images: int) -> dict[tuple[str, str], int]:
    """Tile operations by (layer, phase) that the plans foresee."""
    result: dict[tuple[str, str], int] = {}
    for item, runs, extra in _runs(trace, plans, images):
        place = (item.operation.layer, item.operation.phase)
        count = round((item.jobs * runs + extra) * item.tile_operations) if item.applies_vectors else 0
        result[place] = result.get(place, 0) + count
    return result


def ledger_of_machine(machine: Machine) -> Ledger:
    """The ledger of what the machine did."""
    ledger = Ledger()
    for key, (steps, jobs, extra) in machine.totals.items():
        count_operation(ledger, machine.plans[key], steps, jobs, extra)
    if machine.residency:
        ledger.merge(machine.residency.ledger)
    count_shared(ledger, machine.trace, machine.chip, machine.images, machine.operations_ended, machine.end)
    if not machine.chip.tile.clock_gating:
        gated = ledger.total("tile_clock", "cycle")
        tiles = min(machine.placement.tiles, machine.placement.available) - machine.placement.without().get("tile_clock", 0)
        ledger.add("tile_clock", "cycle", "", "", max(0.0, tiles * machine.end - gated))
    return ledger


def tile_operations(machine: Machine) -> dict[tuple[str, str], int]:
    """Tile operations by (layer, phase)."""
    result: dict[tuple[str, str], int] = {}
    for key, (_, jobs, extra) in machine.totals.items():
        item = machine.plans[key]
        if item.applies_vectors:
            place = (item.operation.layer, item.operation.phase)
            result[place] = result.get(place, 0) + round((jobs + extra) * item.tile_operations)
    return result


def _server_row(server: Server, total: int) -> dict:
    ports = len(server.free_at)
    return {"name": server.name, "kind": server.kind, "busy_cycles": server.busy, "stalled_cycles": 0,
            "idle_cycles": total * ports - server.busy, "total_cycles": total * ports, "stalls": {}, "requests": server.requests,
            "queue_mean": server.waited / total if total else 0.0, "queue_max": server.queue_max}


def resources(machine: Machine) -> list[dict]:
    """Busy, stalled and idle cycles of every resource; tiles are summed over a layer (cycles are tile cycles)."""
    total = machine.end
    rows = [_server_row(server, total) for server in machine.servers()]
    lanes = list(machine.lanes.values())
    if machine.residency or machine.placement.sharing():
        # Layers share tiles: their cycles add up only over the whole chip.
        tiles = min(machine.placement.tiles, machine.placement.available)
        stalls = _merge(lane.stalls for lane in lanes)
        rows.append(_tile_row("tiles", tiles, sum(lane.busy for lane in lanes), stalls, sum(lane.jobs for lane in lanes), total))
    else:
        rows += [_tile_row(f"tiles:{lane.name}", lane.tiles, lane.busy, dict(lane.stalls), lane.jobs, total) for lane in lanes]
        spare = machine.placement.available - machine.placement.tiles
        if spare:
            rows.append(_tile_row("tiles:unused", spare, 0, {}, 0, total))
    return rows


def _tile_row(name: str, tiles: int, busy: int, stalls: dict[str, int], jobs: int, total: int) -> dict:
    stalled = sum(stalls.values())
    return {"name": name, "kind": "tile", "busy_cycles": busy, "stalled_cycles": stalled, "idle_cycles": tiles * total - busy - stalled,
            "total_cycles": tiles * total, "stalls": stalls, "requests": jobs, "queue_mean": 0.0, "queue_max": 0}


def _merge(tables) -> dict[str, int]:
    result: dict[str, int] = {}
    for table in tables:
        for key, value in table.items():
            result[key] = result.get(key, 0) + value
    return result


def check_conservation(rows: list[dict]) -> None:
    """Every resource: busy + stalled + idle = total, none negative. Raises RuntimeError naming the one that is not."""
    for row in rows:
        if row["idle_cycles"] < 0:
            raise RuntimeError(f"{row['name']}: busy {row['busy_cycles']} + stalled {row['stalled_cycles']} "
                               f"exceed its {row['total_cycles']} cycles")
