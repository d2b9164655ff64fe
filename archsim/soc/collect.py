"""From a finished machine to the ledger, and to the cycles of its resources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from archsim.chip.blocks import blocks
from archsim.chip.clocks import clock_of
from archsim.chip.cores.choose_kind import kinds_of_layers
from archsim.chip.kind_chips import AT
from archsim.chip.placement import TilesOfKind
from archsim.chip.plan.counts import count_operation, count_shared
from archsim.ledger.ledger import Ledger
from archsim.soc.executed import ChipMachine
from archsim.soc.lane import Lane
from archsim.soc.network.link import NetworkLink
from archsim.soc.server import Server


class ResourceCycles(NamedTuple):
    """The cycles of a resource: those of all its ports, or of all tiles. `stalls` are by cause,
    `queue_mean` and `queue_max` requests that waited.
    """

    name: str
    kind: str
    busy_cycles: int
    stalled_cycles: int
    idle_cycles: int
    total_cycles: int
    stalls: dict[str, int]
    requests: int = 0
    queue_mean: float = 0.0
    queue_max: int = 0

    def to_row(self) -> dict[str, Any]:
        """Its fields by their names, with a table of stalls of its own."""
        row = self._asdict()
        row["stalls"] = dict(self.stalls)
        return row


_NO_STALLS: dict[str, int] = {}
"""Of thousands of resources that are no tiles; whoever copies a record has its own."""


def ledger_of_machine(machine: ChipMachine) -> Ledger:
    """The ledger of what the machine did."""
    ledger = Ledger()
    for key, performed in machine.totals.items():
        count_operation(ledger, machine.plans[key], performed)
    if machine.residency:
        # Weights that are loaded anew between layers, which are no operations of the trace.
        ledger.merge(machine.residency.ledger)
    count_shared(
        ledger, machine.trace, machine.chip, machine.images, machine.operations_ended, machine.end
    )
    _count_clocks(ledger, machine)
    if not machine.chip.tile.clock_gating:
        _count_free_clocks(ledger, machine)
    return ledger


def _count_free_clocks(ledger: Ledger, machine: ChipMachine) -> None:
    """The clocks of tiles that nothing stops, in the cycles in which their tiles idle."""
    placement = machine.placement
    kinds = placement.of_kinds()
    if len(machine.chip.core.kinds) < 2:
        # One kind has one price, so its tiles go by the plain name of the part.
        kinds = (TilesOfKind("", _tiles(machine), placement.without()),)
    layers = kinds_of_layers(machine.trace, placement)
    for kind, tiles, without in kinds:
        own = None if not kind else [layer for layer in layers if layers[layer] == kind]
        gated = sum(
            ledger.total("tile_clock", "cycle", layer) for layer in ([None] if own is None else own)
        )
        # Tiles of some kinds have no clock that could run on.
        clocked = tiles - without.get("tile_clock", 0)
        name = f"tile_clock{AT}{kind}" if kind else "tile_clock"
        # What an operation clocks itself is counted already; copies that overlap may clock more
        # than the tiles have.
        ledger.add(name, "cycle", "", "", max(0.0, clocked * machine.end - gated))


def _count_clocks(ledger: Ledger, machine: ChipMachine) -> None:
    """The chip's clock, and those of the blocks, which run while a resource of theirs is busy.

    All ports of a block hang on one clock: cycles of several that overlap are counted as if they did
    not, up to all cycles. So are those of blocks and tiles where the whole chip may wait.
    """
    working = 0.0
    for block in blocks():
        busy = machine.working_cycles(block.name)
        # A block with several ports is busy more cycles than there are, but its clock is one.
        ledger.add(clock_of(block.name), "cycle", "", "", min(machine.end, busy))
        working += busy
    running: float = machine.end
    if machine.chip.clock.gating == "waiting":
        for key, performed in machine.totals.items():
            jobs = performed.jobs + performed.extra_reads
            working += jobs * machine.plans[key].clocked_cycles
        # An upper bound: parts that work at the same time are counted twice, and a clock can't run
        # longer than the run.
        running = min(running, working)
    ledger.add("clock_tree", "cycle", "", "", running)


def tile_operations(machine: ChipMachine) -> dict[tuple[str, str], int]:
    """Tile operations by (layer, phase)."""
    result: dict[tuple[str, str], int] = {}
    for plan_key, performed in machine.totals.items():
        plan = machine.plans[plan_key]
        if plan.applies_vectors:
            key = (plan.operation.layer, plan.operation.phase)
            reads = performed.jobs + performed.extra_reads
            result[key] = result.get(key, 0) + round(reads * plan.tile_operations)
    return result


def resources(machine: ChipMachine) -> list[ResourceCycles]:
    """Busy, stalled and idle cycles of every resource; tiles are summed over a layer (cycles are
    tile cycles).
    """
    total = machine.end
    rows = [_of_server(server, total) for server in machine.servers()]
    rows += [_of_link(link, total) for link in machine.links()]
    lanes = list(machine.lanes.values())
    if machine.residency or machine.placement.sharing():
        # Layers share tiles: their cycles add up only over the whole chip.
        rows.append(_of_tiles("tiles", _tiles(machine), lanes, total))
        return rows
    rows += [_of_tiles(f"tiles:{lane.name}", lane.tiles, [lane], total) for lane in lanes]
    spare = machine.placement.available - sum(lane.tiles for lane in lanes)
    if spare:
        rows.append(_of_tiles("tiles:unused", spare, [], total))
    return rows


def check_conservation(rows: Iterable[ResourceCycles]) -> None:
    """Every resource: busy + stalled + idle = total, none negative. Raises RuntimeError naming the
    one that is not.
    """
    for row in rows:
        # Idle is what is left over, so a fault of the engine that counts a cycle twice shows here
        # and nowhere else.
        if row.idle_cycles < 0:
            raise RuntimeError(
                f"{row.name}: busy {row.busy_cycles} + stalled {row.stalled_cycles} "
                f"exceed its {row.total_cycles} cycles"
            )


def _tiles(machine: ChipMachine) -> int:
    # With reloads a network needs more tiles than the chip has.
    return min(machine.placement.tiles, machine.placement.available)


def _of_server(server: Server, cycles: int) -> ResourceCycles:
    # Cycles of all ports, each of which is free at its own time.
    total = cycles * len(server.free_at)
    return ResourceCycles(
        server.name,
        server.kind,
        busy_cycles=server.busy,
        stalled_cycles=0,
        idle_cycles=total - server.busy,
        total_cycles=total,
        stalls=_NO_STALLS,
        requests=server.requests,
        queue_mean=server.waited / cycles if cycles else 0.0,
        queue_max=server.queue_max,
    )


def _of_link(link: NetworkLink, cycles: int) -> ResourceCycles:
    return ResourceCycles(
        f"link {link.name}",
        "link",
        busy_cycles=link.busy,
        stalled_cycles=0,
        idle_cycles=cycles - link.busy,
        total_cycles=cycles,
        stalls=_NO_STALLS,
        requests=link.packets,
        queue_mean=link.waited / cycles if cycles else 0.0,
        queue_max=link.queue_max,
    )


def _of_tiles(name: str, tiles: int, lanes: list[Lane], cycles: int) -> ResourceCycles:
    stalls = _sum(lane.stalls for lane in lanes)
    busy = sum(lane.busy for lane in lanes)
    stalled = sum(stalls.values())
    return ResourceCycles(
        name,
        "tile",
        busy_cycles=busy,
        stalled_cycles=stalled,
        idle_cycles=tiles * cycles - busy - stalled,
        total_cycles=tiles * cycles,
        stalls=stalls,
        requests=sum(lane.jobs for lane in lanes),
    )


def _sum(tables: Iterable[Mapping[str, int]]) -> dict[str, int]:
    result: dict[str, int] = {}
    for table in tables:
        for key, value in table.items():
            result[key] = result.get(key, 0) + value
    return result
