"""The number of everything on a chip, and how many rows there are for what is not known before a run."""

from __future__ import annotations

from typing import NamedTuple

from archsim.soc.executed import ChipMachine


class Room(NamedTuple):
    """Rows for what is not known before the run: runs at once, results that are on their last way at
    once, gaps of a port, requests that wait for a server, events at once, pieces of words that give way;
    between cores cycles in which a link looks again, packets and messages on their way.
    """

    runs: int
    results: int = 64
    gaps: int = 32
    starts: int = 64
    events: int = 1024
    pieces: int = 16
    looks: int = 8
    transits: int = 1 << 16
    sendings: int = 1 << 14

    def larger(self) -> Room:
        """Four times the room."""
        return Room(*(4 * rows for rows in self))


class TableNumbers(NamedTuple):
    """The number of everything that has one: operations in the order of a trace, lanes, servers,
    layers in a phase, phases.
    """

    operations: dict[str, int]
    lanes: dict[str, int]
    servers: dict[int, int]
    layers: dict[tuple[str, str], int]
    phases: dict[str, int]


def numbers_of(machine: ChipMachine) -> TableNumbers:
    """Number everything on a machine."""
    operations = machine.trace.image_operations + machine.trace.batch_operations
    return TableNumbers(
        {operation.name: number for number, operation in enumerate(operations)},
        {name: number for number, name in enumerate(machine.lanes)},
        {id(server): number for number, server in enumerate(machine.all_servers())},
        {
            key: number
            for number, key in enumerate(dict.fromkeys((op.layer, op.phase) for op in operations))
        },
        {
            phase: number
            for number, phase in enumerate(dict.fromkeys(op.phase for op in operations))
        },
    )
