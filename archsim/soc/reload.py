"""A layer comes on the tiles of a chip too small for the network: off-chip channel, interconnect
and programming, as events.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from archsim.chip.plan.residency import Residency
from archsim.soc.server import reserve
from archsim.trace.operation import Operation

if TYPE_CHECKING:
    from archsim.soc.machine import Machine


def load(residency: Residency, machine: Machine, operation: Operation, part: int) -> Generator:
    """Bring the layer (or one part of it) on the tiles; counts off-chip reads, transport and
    programming.
    """
    layer = residency.enter(operation, part)
    name = operation.place
    chip = machine.chip
    if layer is None:
        return
    cycles = residency.loading(operation, layer)
    started = machine.env.now
    fetched = chip.off_chip.latency_cycles + reserve((machine.off_chip,), (cycles.reading,))
    if not machine.arbitrated:
        fetched = max(fetched, reserve((machine.interconnect,), (cycles.moving,)))
    else:
        yield from machine.interconnect.hold((), (), (cycles.moving,), 1)
    lane = machine.lanes[name]
    lane.take(None, started, cycles.programming, lane.tiles)
    remaining = max(fetched, cycles.programming) - (machine.env.now - started)
    if remaining > 0:
        yield machine.env.timeout(remaining)
    lane.stall("input", None, started + cycles.programming, machine.env.now, operation.phase)
    residency.loads += 1
    residency.cycles += machine.env.now - started
    residency.count(operation, layer)
