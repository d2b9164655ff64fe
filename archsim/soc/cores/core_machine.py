"""A chip of cores as a machine of events."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import simpy

from archsim.chip.cores.core_map import CoreMap
from archsim.chip.cores.core_work import Message, StationName
from archsim.chip.cores.messages import speed_of
from archsim.chip.cores.network_of import BUFFER, OFF_CHIP
from archsim.chip.plan.operation_plan import OperationPlan, plan
from archsim.soc.cores.core_servers import Core
from archsim.soc.cores.start import RunOnCores
from archsim.soc.machine import EventMachine
from archsim.soc.network.link import NetworkLink
from archsim.soc.network.network import NetworkOnChip
from archsim.soc.riders import Riders
from archsim.soc.server import Server
from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.soc.engine import PlacedTrace  # which makes these
    from archsim.soc.operation_run import OperationRun
    from archsim.trace.operation import Operation


# what of a core works when a role does
_ROLES: dict[str, StationName] = {
    "interconnect": "wires_down",
    "vector_unit": "lanes",
    "accumulator": "accumulator",
    "input_buffer": "input_buffer",
    "output_buffer": "output_buffer",
}


class CoreMachine(EventMachine):
    """One chip of cores that executes one trace."""

    def __init__(self, work: PlacedTrace, riders: Riders | None = None):
        super().__init__(*work, *(riders or Riders()))
        cores = CoreMap.of(work.trace, work.chip, work.placement)
        if cores is None:
            raise ValueError(f"{work.chip.name} has no cores")
        self.map = cores
        self.cores = [Core(self.env, number, work.chip) for number in range(cores.cores)]
        self.network = NetworkOnChip(self.env, cores.layout, speed_of(work.chip))

    def plan_of(self, operation: Operation, share: float = 1.0) -> OperationPlan:
        """The plan of an operation, made once."""
        key = (operation.name, share)
        if key not in self.plans:
            self.plans[key] = plan(
                operation, self.placement, self.chip, self.memory, share, self.map
            )
            self._ways[key] = self.wiring.ways_of(self.plans[key])
        return self.plans[key]

    def servers(self) -> list[Server]:
        """The shared resources, each once; of a core those that were asked."""
        return [*super().servers(), *(server for core in self.cores for server in core.used())]

    def links(self) -> list[NetworkLink]:
        """The links of the network that carried something."""
        return [link for link in self.network.links if link.packets]

    def working_cycles(self, block: str) -> float:
        """Of a block that every core has, the mean of all cores: each has a gate in its clock."""
        name = _ROLES.get(block)
        if name is None:
            return super().working_cycles(block)
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

    def start(self, run: OperationRun) -> None:
        """Put an operation on its cores."""
        RunOnCores(self, run).start()

    def send(self, message: Message, stored: bool, then: Callable[[int], None]) -> None:
        """Send a message as soon as the memory in which it lies begins to read it.

        Args:
            message: whose source and takers are cores and ports.
            stored: whether it is read from a memory; sums come from adders.
            then: is told the cycle in which the last word is with the last taker.
        """
        now = self.env.now
        begin, end = self._read(message) if stored else (now, now)
        if message.tree is None:
            then(max(now, end))
            return

        def arrived(cycle: int) -> None:
            then(self._written(message, max(cycle, end)))

        def go(_: simpy.Event | None = None) -> None:
            assert message.tree is not None
            self.network.send(message.tree, message.bits, arrived, end)

        if begin > now:
            self.env.timeout(begin - now).callbacks.append(go)
        else:
            go()

    def _read(self, message: Message) -> tuple[int, int]:
        """The first cycle and the end of reading a message where it lies."""
        chip, now = self.chip, self.env.now
        if message.source == self.map.terminal(OFF_CHIP):
            cycles = -(-message.bits // chip.off_chip.bits_per_cycle)
            channel = self.wiring.down["off_chip"]
            return channel.take(now + chip.off_chip.latency_cycles, cycles)
        if message.source == self.map.terminal(BUFFER):
            cycles = -(-message.bits // chip.buffer.width_bits)
            return self.wiring.down["buffer"].take(now, cycles)
        cycles = -(-message.bits // chip.core.buffer_bits)
        return self.cores[message.source].servers["output_buffer"].take(now, cycles)

    def _written(self, message: Message, cycle: int) -> int:
        """The cycle in which takers at ports have a message whose last word is there at a cycle."""
        chip = self.chip
        for taker in message.takers:
            if taker == self.map.terminal(BUFFER):
                cycles = -(-message.bits // chip.buffer.width_bits)
                server = self.wiring.up["buffer"]
            elif taker == self.map.terminal(OFF_CHIP):
                cycles = -(-message.bits // chip.off_chip.bits_per_cycle)
                server = self.wiring.down["off_chip"]
            else:
                continue
            # its words were written as they came, as far as the port was free
            ready = max(self.env.now, cycle - cycles)
            cycle = max(cycle, server.take(ready, cycles)[1])
        return cycle


def check_riders(riders: Riders) -> None:
    """Raises InputError where somebody rides along who cannot on a chip of cores."""
    if riders.observers:
        raise InputError(
            "the events of cores and links are not observed",
            where="observers",
            hint="make the chip flat (core.tiles=0)",
        )
    if riders.data is not None:
        raise InputError(
            "real data do not pass the cores of a chip",
            where="data",
            hint="take a flat chip (cim40), or make this one flat (core.tiles=0)",
        )
