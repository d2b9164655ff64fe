"""What operations ask of cores as rows: parts of cores that a step passes, messages, and their ways."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from archsim.chip.cores.core_work import CoreWork, Message, Station, UnitWork
from archsim.chip.cores.network_of import BUFFER, OFF_CHIP
from archsim.chip.network.route_table import NetworkRoute
from archsim.chip.plan.record import OperationPlan
from archsim.soc.compiled import tables as forms
from archsim.soc.compiled.numbering import TableNumbers
from archsim.soc.compiled.rows import Row, empty_table
from archsim.soc.compiled.tables import Table
from archsim.soc.compiled.words import NONE

if TYPE_CHECKING:
    from archsim.soc.compiled.cores.machine import CompiledCoreMachine  # whose works these are


class NumberedRows:
    """Rows of which every field is named, in the order of their form, one number behind the other:
    there are very many.
    """

    def __init__(self, form: np.dtype[np.void]):
        self.form = form
        self.words: array[int] = array("q")
        self._each = len(form.names or ())

    def __len__(self) -> int:
        return len(self.words) // self._each

    def add(self, *row: int) -> None:
        """Put a row behind the others."""
        self.words.extend(row)

    def table(self) -> Table:
        """The rows as a table."""
        return np.array(self.words).view(self.form) if self.words else empty_table(self.form, 0)


class WorkRows:
    """Rows of the works of all operations."""

    def __init__(self, machine: CompiledCoreMachine, numbers: TableNumbers):
        self.machine = machine
        self.stations = NumberedRows(forms.CORE_STATION)
        self.steps = NumberedRows(forms.CORE_STEP)
        self.copies = NumberedRows(forms.COPY)
        self.fetches = NumberedRows(forms.FETCH)
        self.messages = NumberedRows(forms.MESSAGE)
        self.writings = NumberedRows(forms.WRITING)
        self.branches = NumberedRows(forms.BRANCH)
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
        self._readings: dict[tuple[int, int], tuple[int, int, int]] = {}
        self._first_port = machine.placement.cores

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
            "CORE_STATION": self.stations.table(),
            "CORE_STEP": self.steps.table(),
            "COPY": self.copies.table(),
            "FETCH": self.fetches.table(),
            "MESSAGE": self.messages.table(),
            "WRITING": self.writings.table(),
            "BRANCH": self._branches(),
        }

    def _copies(self, work: CoreWork) -> int:
        first = len(self.copies)
        for unit in work.units:
            steps = len(self.steps)
            self._steps(unit)
            exchanges = self._messages(unit.exchanges)
            returns = self._messages(unit.returns)
            self.copies.add(
                steps, len(unit.cores), exchanges, len(unit.exchanges), returns, len(unit.returns)
            )
        return first

    def _steps(self, unit: UnitWork) -> None:
        for step in unit.cores:
            servers = self._of_core[step.core]
            row: list[int] = []
            for way in (step.feed, step.collect, step.finish):
                row += [len(self.stations), len(way)]
                self._stations(way, servers)
            self.steps.add(*row)

    def _stations(self, way: Sequence[Station], servers: Mapping[Any, int]) -> None:
        for name, cycles, delay in way:
            self.stations.add(servers[name], cycles, delay)

    def _fetches(self, work: CoreWork) -> int:
        first = len(self.fetches)
        for messages in work.fetches:
            self.fetches.add(self._messages(messages), len(messages))
        return first

    def _messages(self, messages: Sequence[Message]) -> int:
        first = len(self.messages)
        count_and_last = self.machine.network.speed.count_and_last
        reading = self._readings
        roots = self._roots
        sized: dict[int, tuple[int, int]] = {}
        # thousands, most of few sizes and from few places
        for message in messages:
            _, _, bits, route = message
            read = reading.get((message.source, bits))
            if read is None:
                read = reading[message.source, bits] = self._reading(message)
            size = sized.get(bits)
            if size is None:
                size = sized[bits] = count_and_last(bits)
            root, leaves = NONE, 0
            if route is not None:
                known = roots.get(route)
                root = self._root(route) if known is None else known
                leaves = route.leaves
            writings = len(self.writings)
            written = self._writings(message)
            self.messages.words.extend((*read, root, *size, leaves, writings, written))
        return first

    def _reading(self, message: Message) -> tuple[int, int, int]:
        """The server that reads it, for how long, and how long before the first word."""
        chip = self.machine.chip
        port = message.source - self._first_port
        if port == OFF_CHIP:
            cycles = chip.off_chip.cycles(message.bits)
            return self._read[OFF_CHIP], cycles, chip.off_chip.latency_cycles
        if port == BUFFER:
            return self._read[BUFFER], chip.buffer.cycles(message.bits), 0
        server = self._of_core[message.source]["output_buffer"]
        return server, chip.core.buffer_cycles(message.bits), 0

    def _writings(self, message: Message) -> int:
        """Put who writes it at ports behind the others: how many they are."""
        takers = message.takers
        if max(takers) < self._first_port:  # as of most messages
            return 0
        chip = self.machine.chip
        before = len(self.writings)
        for taker in takers:
            if taker == self._first_port + BUFFER:
                cycles = chip.buffer.cycles(message.bits)
                self.writings.add(self._written[BUFFER], cycles)
            elif taker == self._first_port + OFF_CHIP:
                cycles = chip.off_chip.cycles(message.bits)
                self.writings.add(self._written[OFF_CHIP], cycles)
        return len(self.writings) - before

    def _root(self, route: NetworkRoute) -> int:
        """The first branch of a route that is new; that of several messages is one."""
        root = self._roots[route] = len(self.branches)
        self.branches.words.extend(route.rows)
        return root

    def _branches(self) -> Table:
        """The branches of all routes, whose own rows count from their root."""
        table = self.branches.table()
        if self._roots:
            roots = list(self._roots.values())
            table["first_onward"] += np.repeat(roots, np.diff([*roots, len(table)]))
        return table
