"""A chip of cores as a machine of events."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import simpy

from archsim.chip.cores.core_work import Message
from archsim.chip.cores.network_of import BUFFER, OFF_CHIP
from archsim.soc.cores.chip_of_cores import ChipOfCores
from archsim.soc.cores.start import RunOnCores
from archsim.soc.machine import EventMachine
from archsim.soc.riders import Riders

if TYPE_CHECKING:
    from archsim.soc.engine import PlacedTrace  # which makes these
    from archsim.soc.operation_run import OperationRun


class CoreMachine(EventMachine, ChipOfCores):
    """One chip of cores that executes one trace."""

    def __init__(self, work: PlacedTrace, riders: Riders | None = None):
        super().__init__(*work, *(riders or Riders()))

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
        # Source and targets are one place: nothing goes over a link.
        if message.route is None:
            then(max(now, end))
            return

        def arrived(cycle: int) -> None:
            then(self._written(message, max(cycle, end)))

        def go(_: simpy.Event | None = None) -> None:
            assert message.route is not None
            self.network.send(self.network.tree(message.route), message.bits, arrived, end)

        if begin > now:
            self.env.timeout(begin - now).callbacks.append(go)
        else:
            go()

    def _read(self, message: Message) -> tuple[int, int]:
        """The first cycle and the end of reading a message where it lies."""
        chip = self.chip
        now = self.env.now
        if message.source == self.terminal(OFF_CHIP):
            cycles = chip.off_chip.cycles(message.bits)
            channel = self.wiring.down["off_chip"]
            # Other messages may use the channel during the latency.
            return channel.take(now + chip.off_chip.latency_cycles, cycles)
        if message.source == self.terminal(BUFFER):
            cycles = chip.buffer.cycles(message.bits)
            return self.wiring.down["buffer"].take(now, cycles)
        cycles = chip.core.buffer_cycles(message.bits)
        return self.cores[message.source].servers["output_buffer"].take(now, cycles)

    def _written(self, message: Message, cycle: int) -> int:
        """The cycle in which takers at ports have a message whose last word is there at a cycle."""
        chip = self.chip
        # Cores take words as they come into buffers of their own; ports are shared and may be busy.
        for taker in message.takers:
            if taker == self.terminal(BUFFER):
                cycles = chip.buffer.cycles(message.bits)
                server = self.wiring.up["buffer"]
            elif taker == self.terminal(OFF_CHIP):
                cycles = chip.off_chip.cycles(message.bits)
                server = self.wiring.down["off_chip"]
            else:
                continue
            # its words were written as they came, as far as the port was free
            ready = max(self.env.now, cycle - cycles)
            cycle = max(cycle, server.take(ready, cycles)[1])
        return cycle
