"""What an operation asks of the cores of a chip, as a record: messages between them and cycles in
them. It knows no law.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from archsim.chip.network.route_table import NetworkRoute

StationName = Literal[
    "input_buffer",
    "wires_down",
    "wires_up",
    "accumulator",
    "matrix_unit",
    "lanes",
    "output_buffer",
    "generator",
]
"""What a core has one of, for which steps queue; the chip has one generator of an update rule."""


class Station(NamedTuple):
    """The cycles that a step takes of a part of a core, and those that its first word is under way
    behind it."""

    name: StationName
    cycles: int
    delay: int = 0


class Message(NamedTuple):
    """Bits from a terminal of the network to others. `route` is None where they stay in the core;
    `takers` are the cores and ports that take them, the own core too."""

    source: int
    takers: tuple[int, ...]
    bits: int
    route: NetworkRoute | None


class CoreStep(NamedTuple):
    """A step on a core: on the way to its tiles, on the way of their sums to where they are finished,
    and of finished results to its buffer."""

    core: int
    feed: tuple[Station, ...]
    collect: tuple[Station, ...]
    finish: tuple[Station, ...]


class UnitWork(NamedTuple):
    """A step of one copy on its cores; `exchanges` are sums that another core finishes, `returns`
    results that no core keeps."""

    cores: tuple[CoreStep, ...]
    exchanges: tuple[Message, ...]
    returns: tuple[Message, ...]


class CoreWork(NamedTuple):
    """An operation on cores. The inputs of step j come by the messages `fetches[j % len(fetches)]`,
    to unit j % len(units)."""

    units: tuple[UnitWork, ...]
    fetches: tuple[tuple[Message, ...], ...]
