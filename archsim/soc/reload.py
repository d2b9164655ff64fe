"""A layer comes on the tiles of a chip too small for the network: off-chip channel, interconnect
and programming, as events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archsim.chip.plan.residency import Residency
from archsim.soc.feed import DOWN, Process
from archsim.soc.priority_server import PriorityServer
from archsim.soc.streams import reserve

if TYPE_CHECKING:
    from archsim.soc.control import Turn  # whose operation this is for
    from archsim.soc.machine import EventMachine


def load(residency: Residency, machine: EventMachine, turn: Turn) -> Process:
    """Bring the layer (or one part of it) on the tiles; counts off-chip reads, transport and
    programming.
    """
    operation = turn.operation
    env = machine.env
    wiring = machine.wiring
    layer = residency.enter(operation, turn.part)
    if layer is None:
        return
    cycles = residency.loading(operation, layer)
    started = env.now
    fetched = machine.chip.off_chip.latency_cycles + reserve(
        (wiring.down["off_chip"],), (cycles.reading,)
    )
    medium = wiring.down["interconnect"]
    if isinstance(medium, PriorityServer):
        yield from medium.hold((), (), (cycles.moving,), DOWN)
    else:
        fetched = max(fetched, reserve((medium,), (cycles.moving,)))
    lane = machine.lanes[operation.matrix_name]
    lane.take(None, started, cycles.programming, lane.tiles)
    remaining = max(fetched, cycles.programming) - (env.now - started)
    if remaining > 0:
        yield env.timeout(remaining)
    lane.stall("input", None, started + cycles.programming, env.now, operation.phase)
    residency.loads += 1
    residency.cycles += env.now - started
    residency.count(operation, layer)
