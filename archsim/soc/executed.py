"""What any machine is that executes a trace: the chip with its lanes and wiring, and what was done
on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar, NamedTuple

from archsim.chip.config import Architecture
from archsim.chip.placement import LayerPlacement, Placement
from archsim.chip.plan.counts import Performed
from archsim.chip.plan.memory_map import MemoryMap
from archsim.chip.plan.operation_plan import OperationPlan, plan
from archsim.chip.plan.residency import Residency
from archsim.soc.clock import Clock
from archsim.soc.in_use import InUse
from archsim.soc.lane import Lane
from archsim.soc.network.link import NetworkLink
from archsim.soc.server import Server
from archsim.soc.wiring import Ways, wire
from archsim.trace.operation import Operation, Trace

MAX_SPANS = 4000


class Span(NamedTuple):
    """An operation of an image in time: its first cycle, and the cycle after its last."""

    layer: str
    operation: str
    phase: str
    image: int
    start: int
    end: int


class ChipMachine:
    """One chip that executes one trace: `collect.py` and `facts.py` read from it what it did."""

    engine: ClassVar[str]
    """The word for what runs its events."""

    def __init__(self, trace: Trace, chip: Architecture, placement: Placement, images: int):
        self.trace = trace
        self.chip = chip
        self.placement = placement
        self.images = images
        self.env = Clock()
        self.pipelined = chip.execution.mode == "pipelined"
        self.wiring = wire(self.env, chip, trace)
        self.memory = MemoryMap.of(trace, chip, images)
        self.lanes = self._lanes()
        self.residency = Residency(placement, chip) if placement.passes else None
        self.plans: dict[tuple[str, float], OperationPlan] = {}
        self._ways: dict[tuple[str, float], Ways] = {}
        # what was done
        self.totals: dict[tuple[str, float], Performed] = {}
        self.spans: list[Span] = []
        self.dropped_spans = 0
        self.layer_cycles: InUse[tuple[str, str]] = InUse()
        self.phase_cycles: InUse[str] = InUse()
        self.image_ends: list[int] = []
        self.operations_ended = 0
        self.end = 0

    def run(self) -> None:
        """Run to the end. Raises RuntimeError if an operation did not finish."""
        raise NotImplementedError

    def _lanes(self) -> dict[str, Lane]:
        shared = self.placement.sharing()
        tile_free: dict[int, int] = {}
        return {
            name: self._lane(layer, shared, tile_free)
            for name, layer in self.placement.layers.items()
        }

    def _lane(self, layer: LayerPlacement, shared: set[int], tile_free: dict[int, int]) -> Lane:
        each = layer.tiles_per_unit
        own = [
            [t for t in layer.tiles[u * each : (u + 1) * each] if t in shared] if shared else []
            for u in range(layer.units)
        ]
        tiles = min(each * layer.units, self.placement.available)
        return Lane(layer.matrix.layer, tiles, layer.units, own, tile_free)

    def servers(self) -> list[Server]:
        """The shared resources, each once."""
        return [server for servers in self.wiring.servers.values() for server in servers]

    def all_servers(self) -> list[Server]:
        """Those of `servers`, and those that nobody asked for anything."""
        return self.servers()

    def adopt(self, plans: Iterable[OperationPlan]) -> None:
        """Take plans that were made of this trace on this chip already, instead of making them."""
        for made in plans:
            key = (made.operation.name, made.share)
            if key not in self.plans:
                self.plans[key] = made
                self._ways[key] = self.wiring.ways_of(made)

    def links(self) -> Sequence[NetworkLink]:
        """The links between cores that carried something."""
        return ()

    def working_cycles(self, block: str) -> float:
        """Cycles in which the resources of a block work; of what every core has, the mean of all."""
        return sum(server.busy for server in self.wiring.servers[block])

    def busy_shares(self) -> dict[str, float]:
        """By role: the share of its time that what every core has of it works."""
        return {}

    def plan_of(self, operation: Operation, share: float = 1.0) -> OperationPlan:
        """The plan of an operation, made once; `share` is the loaded part of its layer."""
        key = (operation.name, share)
        if key not in self.plans:
            self.plans[key] = self.plan_anew(operation, share)
            self._ways[key] = self.wiring.ways_of(self.plans[key])
        return self.plans[key]

    def plan_anew(self, operation: Operation, share: float = 1.0) -> OperationPlan:
        """A plan of an operation as it is now."""
        return plan(operation, self.placement, self.chip, self.memory, share)

    def ways_of(self, operation: Operation, share: float = 1.0) -> Ways:
        """The ways of a planned operation's steps through the wiring."""
        return self._ways[operation.name, share]
