"""What is sent between cores for one image, whatever core of the floor a core is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from archsim.chip.blocks.step import step_of
from archsim.chip.cores.core_map import CoreMap
from archsim.chip.cores.messages import Messages, speed_of
from archsim.chip.network.layout import NetworkLayout
from archsim.chip.placement import Placement
from archsim.chip.plan.memory_map import MemoryMap
from archsim.chip.plan.record import OperationPlan
from archsim.trace.operation import Trace

if TYPE_CHECKING:
    from archsim.chip.config import Architecture  # whose placement asks for this


class Sent(NamedTuple):
    """Bits of one image from a terminal to others, heads of packets among them."""

    source: int
    takers: tuple[int, ...]
    bits: float


def sent_in(
    trace: Trace, chip: Architecture, placement: Placement, cores: CoreMap
) -> tuple[Sent, ...]:
    """All that cores and ports send each other for an image, messages of one way together."""
    memory = MemoryMap.of(trace, chip)
    speed = speed_of(chip)
    sums: dict[tuple[int, tuple[int, ...]], float] = {}

    once = [(operation, 1 / trace.batch) for operation in trace.batch_operations]
    for operation, share in [*((op, 1.0) for op in trace.image_operations), *once]:
        layer = placement.layers.get(operation.matrix_name)
        own = chip.of_kind(layer.kind) if layer is not None else chip
        messages = Messages(step_of(OperationPlan(operation), layer, own, memory), cores, False)
        units = cores.units[operation.name]
        for tables in (
            messages.fetches(operation),
            tuple(messages.exchanges(unit) for unit in units),
            tuple(messages.returns(unit) for unit in units),
        ):
            for number, table in enumerate(tables):
                steps = max(0, -(-(operation.steps - number) // len(tables))) / operation.every
                steps *= share
                for message in table:
                    others = tuple(sorted(set(message.takers) - {message.source}))
                    flits = speed.flits(message.bits) if others else 0
                    way = message.source, others
                    sums[way] = sums.get(way, 0.0) + steps * flits * speed.flit_bits
    return tuple(Sent(*way, bits) for way, bits in sums.items() if bits)


def cost_of(sent: Sequence[Sent], layout: NetworkLayout, order: Sequence[int]) -> float:
    """Bits times pitches of all that is sent, where core k does its work as core order[k].

    Args:
        sent: between cores and ports.
        layout: of the network.
        order: of the cores; ports stay.

    Returns:
        bits times pitches of a core.
    """
    there = [*order, *range(len(order), len(layout.terminals))]
    routes = layout.routes
    return sum(
        message.bits
        * routes.pitches(there[message.source], [there[taker] for taker in message.takers])
        for message in sent
    )
