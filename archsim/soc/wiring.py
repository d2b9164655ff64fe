"""The shared resources of a chip, as its blocks say, and the ways of data through them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from archsim.chip.blocks import blocks, down, up
from archsim.chip.config import Architecture
from archsim.chip.plan.record import OperationPlan
from archsim.soc.clock import Clock
from archsim.soc.priority_server import PriorityServer
from archsim.soc.server import Server
from archsim.trace.operation import Trace


class Way(NamedTuple):
    """The servers that a step of an operation passes, as data pass them, with the cycles it takes
    of each. `gate` is the one where lower priority numbers go first, `behind` how many it is behind;
    None where the step does not ask it, or all go in order of arrival.
    """

    servers: tuple[Server, ...]
    cycles: tuple[int, ...]
    gate: PriorityServer | None
    behind: int

    def durations(self, steps: int) -> tuple[int, ...]:
        """The cycles that a job of so many steps takes of each."""
        return self.cycles if steps == 1 else tuple([each * steps for each in self.cycles])


class Ways(NamedTuple):
    """Those of a planned operation: from memory to the tiles by way of the servers that its step
    asks, and back to the buffer. The first on the way up is always passed: behind it lie the wires.
    """

    down: Way
    up: Way


NO_WAYS = Ways(Way((), (), None, 0), Way((), (), None, 0))
"""Of a step on cores, which goes its own."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """The servers of a chip by block: all of each, those on the way down, and those on the way up.
    A block that is not on this chip has none.
    """

    servers: dict[str, tuple[Server, ...]]
    down: dict[str, Server]
    up: dict[str, Server]

    def ways_of(self, plan: OperationPlan) -> Ways:
        """The ways of its steps."""
        if plan.cores is not None:
            return NO_WAYS
        return Ways(_way(self.down, plan.down), _way(self.up, plan.up))


def wire(env: Clock, chip: Architecture, trace: Trace) -> Wiring:
    """Make the servers of every block."""
    servers = {
        block.name: tuple(
            (PriorityServer if plan.prioritised else Server)(env, plan.name, plan.kind, plan.ports)
            for plan in block.servers(chip, trace)
        )
        for block in blocks()
    }
    return Wiring(
        servers,
        {block.name: servers[block.name][0] for block in down() if servers[block.name]},
        {block.name: servers[block.name][-1] for block in up() if servers[block.name]},
    )


def _way(stations: dict[str, Server], cycles: dict[str, int]) -> Way:
    first = next(iter(stations))
    passed = [name for name in stations if cycles.get(name) or name == first]
    servers = tuple(stations[name] for name in passed)
    gates = [
        (behind, server)
        for behind, (name, server) in enumerate(zip(passed, servers))
        if isinstance(server, PriorityServer) and cycles.get(name)
    ]
    behind, gate = gates[0] if gates else (0, None)
    return Way(servers, tuple(cycles.get(name, 0) for name in passed), gate, behind)
