"""A chip of cores that executes a trace, whichever engine runs its events: its cores, its network, and
what was done on them.
"""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar

from archsim.chip.config import Architecture
from archsim.chip.cores.core_map import CoreMap
from archsim.chip.cores.core_work import StationName
from archsim.chip.cores.messages import speed_of
from archsim.chip.cores.network_of import layout_on
from archsim.chip.placement import Placement
from archsim.chip.plan.operation_plan import OperationPlan, plan
from archsim.soc.cores.core_servers import Core
from archsim.soc.executed import ChipMachine
from archsim.soc.network.link import NetworkLink
from archsim.soc.network.network import NetworkOnChip
from archsim.soc.server import Server
from archsim.trace.operation import Operation, Trace

# what of a core works when a role does
_ROLES: dict[str, StationName] = {
    "interconnect": "wires_down",
    "vector_unit": "lanes",
    "accumulator": "accumulator",
    "matrix_unit": "matrix_unit",
    "input_buffer": "input_buffer",
    "output_buffer": "output_buffer",
}


class ChipOfCores(ChipMachine):
    """What both machines of a chip of cores are. `servers_of_cores` and `links_between` are the forms
    of these.
    """

    servers_of_cores: ClassVar[type[Server]] = Server
    links_between: ClassVar[type[NetworkLink]] = NetworkLink

    def __init__(self, trace: Trace, chip: Architecture, placement: Placement, images: int):
        super().__init__(trace, chip, placement, images)
        if not placement.cores:
            raise ValueError(f"{chip.name} has no cores")
        shared: dict[StationName, Server] = {}
        if "bitstream" in self.wiring.down:
            # Pulses are made once for the chip, so cores wait for each other there.
            shared["generator"] = self.wiring.down["bitstream"]
        self.cores = [
            Core(self.env, number, chip, shared, self.servers_of_cores)
            for number in range(placement.cores)
        ]
        layout = layout_on(chip, placement.cores)
        self.network = NetworkOnChip(self.env, layout, speed_of(chip), self.links_between)

    @cached_property
    def map(self) -> CoreMap:
        """Where the operations lie, for plans that the machine has to make itself."""
        cores = CoreMap.of(self.trace, self.chip, self.placement)
        if cores is None:
            raise ValueError(f"{self.chip.name} has no cores")
        return cores

    def terminal(self, port: int) -> int:
        """The terminal of a port of the network."""
        return self.placement.cores + port

    def plan_anew(self, operation: Operation, share: float = 1.0) -> OperationPlan:
        return plan(operation, self.placement, self.chip, self.memory, share, self.map)

    @cached_property
    def _all_servers(self) -> list[Server]:
        return [*super().servers(), *(server for core in self.cores for server in core.all())]

    def servers(self) -> list[Server]:
        """The shared resources, each once; of a core those that were asked."""
        return [*super().servers(), *(server for core in self.cores for server in core.used())]

    def all_servers(self) -> list[Server]:
        return self._all_servers

    def links(self) -> list[NetworkLink]:
        """The links of the network that carried something."""
        return [link for link in self.network.links if link.packets]

    def working_cycles(self, block: str) -> float:
        """Of a block that every core has, the mean of all cores: each has a gate in its clock."""
        name = _ROLES.get(block)
        if name is None:
            return super().working_cycles(block)
        # The price of the block is of all cores, so a mean gives the energy of gates that work one
        # by one.
        return sum(core.servers[name].busy for core in self.cores) / len(self.cores)

    def busy_shares(self) -> dict[str, float]:
        """By role: the share of its time that a core's part of it works, the mean of all cores, and
        that of links between routers."""
        total = max(1, self.end)
        shares = {}
        for role, name in _ROLES.items():
            servers = [core.servers[name] for core in self.cores]
            shares[role] = sum(server.busy for server in servers) / (total * len(servers))
        wires = [link for link in self.network.links if link.kind in ("wire", "bus")]
        if wires:
            busy = sum(link.busy for link in wires) / (total * len(wires))
            shares |= {"network_router": busy, "network_link": busy}
        return shares
