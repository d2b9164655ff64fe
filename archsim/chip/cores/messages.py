"""The messages of a step between cores, and what they count."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from archsim.chip.blocks.step import Step, part_of
from archsim.chip.config import Architecture
from archsim.chip.cores.core_map import CoreMap
from archsim.chip.cores.core_work import Message
from archsim.chip.cores.network_of import BUFFER, OFF_CHIP
from archsim.chip.cores.unit_shares import UnitShares
from archsim.chip.network.speed import Speed
from archsim.chip.plan.row_groups import sum_bits
from archsim.trace.operation import Operation


def speed_of(chip: Architecture) -> Speed:
    """How fast the network of a chip is."""
    network = chip.network
    package = chip.package
    return Speed(
        network.flit_bits,
        chip.core.port_bits,
        network.hop_cycles,
        network.packet_flits,
        network.slots,
        package.link_bits,
        package.link_cycles,
    )


class Kept(NamedTuple):
    """Bits of training state that a step has in the global buffer, and off chip."""

    buffer: float
    off_chip: float

    @classmethod
    def of(cls, step: Step, state: float) -> Kept:
        """So many bits, of which a share is off chip."""
        away = state * step.memory.state_spill
        return cls(state - away, away)

    def by_port(self) -> tuple[tuple[int, float], ...]:
        """Port and bits."""
        return ((BUFFER, self.buffer), (OFF_CHIP, self.off_chip))


class Messages:
    """Who sends what to whom in a step; `fetched_bits` is what comes in all for its inputs, `recalled`
    what comes of state and goes back as `stored`. Sums that no core keeps come with the state. Without
    `ways` no message says which links it passes."""

    def __init__(self, step: Step, cores: CoreMap, ways: bool = True):
        self.step = step
        self.cores = cores
        self.ways = ways
        name = step.operation.name
        self.fetched_bits = cores.fetches[name] * step.chip.read.input_bits
        # sums that are added to lie where the results before them went
        away = step.sums_in * (1 - cores.kept[name])
        off = cores.off_chip[name]
        state = Kept.of(step, step.state_in)
        self.recalled = Kept(state.buffer + away * (1 - off), state.off_chip + away * off)
        self.stored = Kept.of(step, step.state_out)

    def fetches(self, operation: Operation) -> tuple[tuple[Message, ...], ...]:
        """The inputs of a step, for all turns of copies that send and of copies that receive."""
        sources = self.cores.sources[operation.name]
        units = self.cores.units[operation.name]
        turns = math.lcm(len(units), *(len(source.copies) for source in sources))
        recalled = self.recalled.by_port()
        tables = []
        for turn in range(min(turns, operation.steps)):
            unit = units[turn % len(units)]
            sent: list[Message] = []
            for source in sources:
                for holding in source.copies[turn % len(source.copies)]:
                    for group in unit.groups:
                        share = source.share * holding.share * group.share
                        sent += self._message(
                            holding.terminal, group.cores, share * self.fetched_bits
                        )
            sent += self._with_ports(unit, recalled, to_ports=False)
            tables.append(tuple(sent))
        return tuple(tables)

    def exchanges(self, unit: UnitShares) -> tuple[Message, ...]:
        """Sums from cores to those that finish them."""
        layer = self.step.layer
        if layer is None:
            return ()
        # of few driven lines, the mean of all
        sums = outputs_of_read(self.step) * reached_of_read(self.step)
        bits = sums * (sum_bits(self.step.chip) + 1)
        return tuple(
            message
            for exchange in unit.exchanges
            for message in self._message(exchange.source, (exchange.target,), exchange.share * bits)
        )

    def returns(self, unit: UnitShares) -> tuple[Message, ...]:
        """Results that go to the global buffer or off chip."""
        name = self.step.operation.name
        away = 1 - self.cores.kept[name]
        off = self.cores.off_chip[name]
        results = self.step.bits_out * away
        ports = (
            (BUFFER, results * (1 - off) + self.stored.buffer),
            (OFF_CHIP, results * off + self.stored.off_chip),
        )
        return tuple(self._with_ports(unit, ports, to_ports=True))

    def _with_ports(
        self, unit: UnitShares, bits_at: Iterable[tuple[int, float]], to_ports: bool
    ) -> list[Message]:
        """Bits that the cores of a copy get from ports, or send them, each its share."""
        # most steps have nothing at one of them, or at both
        ports = [(self.cores.terminal(port), bits) for port, bits in bits_at if bits > 0]
        sent: list[Message] = []
        for core in unit.cores if ports else ():
            for port, bits in ports:
                source, taker = (core.core, port) if to_ports else (port, core.core)
                sent += self._message(source, (taker,), bits * core.outputs)
        return sent

    def _message(self, source: int, takers: tuple[int, ...], bits: float) -> list[Message]:
        """The message, if there is anything to send."""
        whole = math.ceil(bits - 1e-6)
        if whole <= 0:
            return []
        others = takers
        if source in takers:
            others = tuple(taker for taker in takers if taker != source)
        route = self.cores.layout.routes.route(source, others) if others and self.ways else None
        return [Message(source, takers, whole, route)]


def outputs_of_read(step: Step) -> int:
    """Sums that a step of the tiles gives; none where it is no read."""
    layer = step.layer
    kind = step.operation.kind
    if layer is None or kind not in ("read", "read_transposed"):
        return 0
    matrix = layer.matrix
    return (matrix.rows if kind == "read_transposed" else matrix.columns) * matrix.groups


def splits_of_read(step: Step) -> int:
    """Tiles whose sums are added for an output."""
    layer = step.layer
    if layer is None:
        return 0
    back = step.operation.kind == "read_transposed"
    return layer.column_splits if back else layer.row_splits


def reached_of_read(step: Step) -> float:
    """The share of these tiles that a step with few driven lines reaches."""
    splits = splits_of_read(step)
    return part_of(step.operation, splits, splits)[1] if splits else 1.0


ROUTERS = "network_router", "transfer"
LINKS = "network_link", "transfer"
PACKAGE = "package_link", "transfer"


class MessageCounts:
    """What a message counts: words of the memories at its ends, bits through routers and over links.

    A link carries whole flits, and every packet has one more, which says where it goes.
    """

    def __init__(self, step: Step, cores: CoreMap):
        self.step = step
        self.speed = speed_of(step.chip)
        self._flits: dict[int, int] = {}  # by bits
        self.buffer = cores.terminal(BUFFER)
        self.off_chip = cores.terminal(OFF_CHIP)

    def count(self, message: Message, turns: float, stored: bool) -> None:
        """Count it for a share of all steps; `stored` where it is read from a memory."""
        step = self.step
        chip = self.step.chip
        if stored:
            self._at_source(message, turns)
        # few messages go to a port, and some have a thousand takers
        if max(message.takers) >= self.buffer:
            if self.buffer in message.takers:
                step.count("buffer", "write", turns * message.bits / chip.buffer.width_bits)
            if self.off_chip in message.takers:
                step.count("off_chip_memory", "write", turns * chip.off_chip.moved(message.bits))
        if message.route is not None:
            flits = self._flits.get(message.bits)
            if flits is None:
                flits = self._flits[message.bits] = self.speed.flits(message.bits)
            bits = turns * flits * self.speed.flit_bits
            routers, pitches, package_links = message.route.passed
            # `step.count`, by hand: thousands of messages pass here
            counts = step.plan.once
            for action, count in (
                (ROUTERS, bits * routers),
                (LINKS, bits * pitches),
                (PACKAGE, bits * package_links),
            ):
                if count:
                    counts[action] = counts.get(action, 0.0) + count

    def _at_source(self, message: Message, turns: float) -> None:
        """Words read where a message comes from, for a share of all steps."""
        step = self.step
        chip = self.step.chip
        bits = turns * message.bits
        if message.source == self.buffer:
            step.count("buffer", "read", bits / chip.buffer.width_bits)
        elif message.source == self.off_chip:
            step.count("off_chip_memory", "read", turns * chip.off_chip.moved(message.bits))
        else:
            step.count("output_buffer", "read", bits / chip.core.buffer_bits)
