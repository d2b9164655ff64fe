"""What operations ask of cores as rows: parts of cores that a step passes, messages, and their ways."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from archsim.chip.cores.core_work import CoreWork, Message, Station, UnitWork
from archsim.chip.cores.network_of import BUFFER, OFF_CHIP
from archsim.chip.network.route_table import ROW, NetworkRoute
from archsim.chip.plan.record import OperationPlan
from archsim.soc.compiled import tables as forms
from archsim.soc.compiled.numbering import TableNumbers
from archsim.soc.compiled.rows import Row, empty_table, table_of_all
from archsim.soc.compiled.tables import Table
from archsim.soc.compiled.words import NONE

if TYPE_CHECKING:
    from archsim.soc.compiled.cores.machine import CompiledCoreMachine  # whose works these are

Numbers = tuple[int, ...]
"""A row of which every field is named, in the order of its form: there are very many."""


class WorkRows:
    """Rows of the works of all operations."""

    def __init__(self, machine: CompiledCoreMachine, numbers: TableNumbers):
        self.machine = machine
        self.stations: list[Numbers] = []
        self.steps: list[Numbers] = []
        self.copies: list[Numbers] = []
        self.fetches: list[Numbers] = []
        self.messages: list[Numbers] = []
        self.writings: list[Numbers] = []
        self.branches: array[int] = array("q")
        self._of_core = [
            {name: numbers.servers[id(server)] for name, server in core.servers.items()}
            for core in machine.cores
        ]
        wiring = machine.wiring
        self._read = {
            BUFFER: numbers.servers[id(wiring.down["buffer"])],
            OFF_CHIP: numbers.servers[id(wiring.down["off_chip"])],
        }
        self._written = self._read | {BUFFER: numbers.servers[id(wiring.up["buffer"])]}
        self._roots: dict[NetworkRoute, int] = {}

    def add(self, plan: OperationPlan) -> Row:
        """What the row of an operation says of its work."""
        work = plan.cores
        if work is None:
            raise ValueError(f"{plan.operation.name} has no work on cores")
        return {
            "first_copy": self._copies(work),
            "first_fetch": self._fetches(work),
            "fetches": len(work.fetches),
        }

    def tables(self) -> dict[str, Table]:
        """All of them."""
        return {
            "CORE_STATION": table_of_all(forms.CORE_STATION, self.stations),
            "CORE_STEP": table_of_all(forms.CORE_STEP, self.steps),
            "COPY": table_of_all(forms.COPY, self.copies),
            "FETCH": table_of_all(forms.FETCH, self.fetches),
            "MESSAGE": table_of_all(forms.MESSAGE, self.messages),
            "WRITING": table_of_all(forms.WRITING, self.writings),
            "BRANCH": self._branches(),
        }

    def _copies(self, work: CoreWork) -> int:
        first = len(self.copies)
        for unit in work.units:
            steps = len(self.steps)
            self._steps(unit)
            exchanges = self._messages(unit.exchanges)
            returns = self._messages(unit.returns)
            self.copies.append(
                (steps, len(unit.cores), exchanges, len(unit.exchanges), returns, len(unit.returns))
            )
        return first

    def _steps(self, unit: UnitWork) -> None:
        for step in unit.cores:
            servers = self._of_core[step.core]
            row: list[int] = []
            for way in (step.feed, step.collect, step.finish):
                row += [len(self.stations), len(way)]
                self._stations(way, servers)
            self.steps.append(tuple(row))

    def _stations(self, way: Sequence[Station], servers: Mapping[Any, int]) -> None:
        self.stations += [(servers[name], cycles, delay) for name, cycles, delay in way]

    def _fetches(self, work: CoreWork) -> int:
        first = len(self.fetches)
        for messages in work.fetches:
            self.fetches.append((self._messages(messages), len(messages)))
        return first

    def _messages(self, messages: Sequence[Message]) -> int:
        first = len(self.messages)
        speed = self.machine.network.speed
        for message in messages:
            route = message.route
            writings = len(self.writings)
            self._writings(message)
            written = len(self.writings) - writings
            self.messages.append(
                (
                    *self._reading(message),
                    NONE if route is None else self._root(route),
                    speed.packet_count(message.bits),
                    speed.last_flits(message.bits),
                    0 if route is None else route.leaves,
                    writings,
                    written,
                )
            )
        return first

    def _reading(self, message: Message) -> Numbers:
        """The server that reads it, for how long, and how long before the first word."""
        chip = self.machine.chip
        port = message.source - self.machine.placement.cores
        if port == OFF_CHIP:
            cycles = chip.off_chip.cycles(message.bits)
            return self._read[OFF_CHIP], cycles, chip.off_chip.latency_cycles
        if port == BUFFER:
            return self._read[BUFFER], chip.buffer.cycles(message.bits), 0
        server = self._of_core[message.source]["output_buffer"]
        return server, chip.core.buffer_cycles(message.bits), 0

    def _writings(self, message: Message) -> None:
        chip = self.machine.chip
        cores = self.machine.placement.cores
        for taker in message.takers:
            if taker == cores + BUFFER:
                cycles = chip.buffer.cycles(message.bits)
                self.writings.append((self._written[BUFFER], cycles))
            elif taker == cores + OFF_CHIP:
                cycles = chip.off_chip.cycles(message.bits)
                self.writings.append((self._written[OFF_CHIP], cycles))

    def _root(self, route: NetworkRoute) -> int:
        """The first branch of a route; that of several messages is one."""
        if route not in self._roots:
            self._roots[route] = len(self.branches) // ROW
            self.branches += route.rows
        return self._roots[route]

    def _branches(self) -> Table:
        """The branches of all routes, whose own rows count from their root."""
        if not self.branches:
            return empty_table(forms.BRANCH, 0)
        table = np.array(self.branches).view(forms.BRANCH)
        roots = list(self._roots.values())
        table["first_onward"] += np.repeat(roots, np.diff([*roots, len(table)]))
        return table
