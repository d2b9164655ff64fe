"""From a finished machine to the ledger and the facts of a result."""

from __future__ import annotations

from archsim.chip.plan.counts import count_operation, count_shared
from archsim.ledger.ledger import Ledger
from archsim.soc.machine import Machine
from archsim.soc.server import Server


def ledger_of_machine(machine: Machine) -> Ledger:
    """The ledger of what the machine did."""
    ledger = Ledger()
    for key, (steps, jobs, extra) in machine.totals.items():
        count_operation(ledger, machine.plans[key], steps, jobs, extra)
    if machine.residency:
        ledger.merge(machine.residency.ledger)
    count_shared(
        ledger, machine.trace, machine.chip, machine.images, machine.operations_ended, machine.end
    )
    if not machine.chip.tile.clock_gating:
        gated = ledger.total("tile_clock", "cycle")
        tiles = min(
            machine.placement.tiles, machine.placement.available
        ) - machine.placement.without().get("tile_clock", 0)
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
    return {
        "name": server.name,
        "kind": server.kind,
        "busy_cycles": server.busy,
        "stalled_cycles": 0,
        "idle_cycles": total * ports - server.busy,
        "total_cycles": total * ports,
        "stalls": {},
        "requests": server.requests,
        "queue_mean": server.waited / total if total else 0.0,
        "queue_max": server.queue_max,
    }


def resources(machine: Machine) -> list[dict]:
    """Busy, stalled and idle cycles of every resource; tiles are summed over a layer (cycles are
    tile cycles).
    """
    total = machine.end
    rows = [_server_row(server, total) for server in machine.servers()]
    lanes = list(machine.lanes.values())
    if machine.residency or machine.placement.sharing():
        # Layers share tiles: their cycles add up only over the whole chip.
        tiles = min(machine.placement.tiles, machine.placement.available)
        stalls = _merge(lane.stalls for lane in lanes)
        rows.append(
            _tile_row(
                "tiles",
                tiles,
                sum(lane.busy for lane in lanes),
                stalls,
                sum(lane.jobs for lane in lanes),
                total,
            )
        )
    else:
        rows += [
            _tile_row(
                f"tiles:{lane.name}", lane.tiles, lane.busy, dict(lane.stalls), lane.jobs, total
            )
            for lane in lanes
        ]
        spare = machine.placement.available - machine.placement.tiles
        if spare:
            rows.append(_tile_row("tiles:unused", spare, 0, {}, 0, total))
    return rows


def _tile_row(
    name: str, tiles: int, busy: int, stalls: dict[str, int], jobs: int, total: int
) -> dict:
    stalled = sum(stalls.values())
    return {
        "name": name,
        "kind": "tile",
        "busy_cycles": busy,
        "stalled_cycles": stalled,
        "idle_cycles": tiles * total - busy - stalled,
        "total_cycles": tiles * total,
        "stalls": stalls,
        "requests": jobs,
        "queue_mean": 0.0,
        "queue_max": 0,
    }


def _merge(tables) -> dict[str, int]:
    result: dict[str, int] = {}
    for table in tables:
        for key, value in table.items():
            result[key] = result.get(key, 0) + value
    return result


def check_conservation(rows: list[dict]) -> None:
    """Every resource: busy + stalled + idle = total, none negative. Raises RuntimeError naming the
    one that is not.
    """
    for row in rows:
        if row["idle_cycles"] < 0:
            raise RuntimeError(
                f"{row['name']}: busy {row['busy_cycles']} + stalled {row['stalled_cycles']} "
                f"exceed its {row['total_cycles']} cycles"
            )
