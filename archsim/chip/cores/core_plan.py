"""The plan of a step on cores: its counts and its cycles, by the laws of buffers, wires, adders, lanes
and network.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from archsim.chip.blocks.interconnect import branches
from archsim.chip.blocks.step import Step
from archsim.chip.blocks.vector_unit import ITERATIVE
from archsim.chip.cores.core_map import CoreMap
from archsim.chip.cores.core_work import CoreStep, CoreWork, Message, Station, UnitWork
from archsim.chip.cores.messages import (
    MessageCounts,
    Messages,
    outputs_of_read,
    reached_of_read,
    splits_of_read,
)
from archsim.chip.cores.unit_shares import CoreShare, UnitShares
from archsim.chip.plan.row_groups import sum_bits


def plan_on_cores(step: Step, cores: CoreMap) -> None:
    """Enter what a step of an operation does on cores: counts in its plan, and the work that events
    play.

    Args:
        step: with the work that no block has taken yet, all of it for the lanes.
        cores: where the operation, its inputs and its results lie.
    """
    law = _StepLaw(step, cores)
    units = cores.units[step.operation.name]
    work = tuple(law.unit(unit) for unit in units)
    fetches = law.messages.fetches(step.operation)
    step.plan.cores = CoreWork(work, fetches)
    step.plan.units = len(units)
    for action, count in step.work.items():
        step.count("vector_unit", action, count)
    for number, unit in enumerate(units):
        law.count_unit(unit, _share_of(number, len(units), step.operation.steps))
    for number, sent in enumerate(fetches):
        share = _share_of(number, len(fetches), step.operation.steps)
        law.count_messages(sent, share)
    for number, each in enumerate(work):
        share = _share_of(number, len(work), step.operation.steps)
        law.count_messages(each.exchanges, share, stored=False)
        law.count_messages(each.returns, share)
    step.plan.down["interconnect"] = math.ceil(law.wire_words_in - 1e-9)
    step.plan.up["interconnect"] = math.ceil(law.wire_words_out - 1e-9)


def _share_of(number: int, turns: int, steps: int) -> float:
    """The share of all steps that have a turn, where they take turns."""
    return max(0, -(-(steps - number) // turns)) / steps


class _StepLaw:
    """One step: what it moves in all, of which cores do their shares."""

    def __init__(self, step: Step, cores: CoreMap):
        self.step = step
        self.chip = step.chip
        self.messages = Messages(step, cores)
        self.sums_in = step.sums_in * cores.kept[step.operation.name]
        self.counts = MessageCounts(step, cores)
        self._stations: dict[tuple[Station, ...], tuple[Station, ...]] = {}
        self.wire_words_in = self.wire_words_out = 0.0
        # what a flat chip leaves in the register of a tile comes to each core anew
        operation = step.operation
        state_too = operation.input_elements * step.chip.read.input_bits
        self.bits_in = state_too if operation.sequential else step.bits_in
        self.load = sum(
            count * (self.chip.vector_unit.divide_cycles if action in ITERATIVE else 1)
            for action, count in step.work.items()
        )
        # outputs of a step of the tiles, those added for each, and the bits of one sum
        self.outputs = outputs_of_read(step)
        self.splits = splits_of_read(step)
        self.reached = reached_of_read(step)
        self.sum_bits = sum_bits(self.chip) + 1
        self.leaves = _leaves(step)
        self.chain = self.chip.accumulator.kind == "chain"

    def unit(self, shares: UnitShares) -> UnitWork:
        """The work of a copy."""
        cores = tuple(
            CoreStep(
                share.core,
                self._once(tuple(self._feed(share)) + (self._generated() if not number else ())),
                self._once(tuple(self._collect(share, shares.columns))),
                self._once(tuple(self._finish(share))),
            )
            for number, share in enumerate(shares.cores)
        )
        return UnitWork(cores, self.messages.exchanges(shares), self.messages.returns(shares))

    def _once(self, stations: tuple[Station, ...]) -> tuple[Station, ...]:
        """The same stations as of a core before: most cores of an operation do as much."""
        return self._stations.setdefault(stations, stations)

    def _feed(self, share: CoreShare) -> Iterable[Station]:
        recalled = sum(self.messages.recalled) * share.outputs
        words = self._words(self.messages.fetched_bits * share.inputs + recalled)
        words += self._words(self.bits_in * share.inputs + recalled)
        yield Station("input_buffer", words)
        if self.step.plan.on_tiles:
            width = self.chip.interconnect.width_bits
            yield Station("wires_down", _whole(self.bits_in * share.inputs / width))

    def _generated(self) -> tuple[Station, ...]:
        """What the update rule's own units do meanwhile, which the chip has once."""
        cycles = self.step.plan.down.get("bitstream", 0)
        return (Station("generator", cycles),) if cycles else ()

    def _collect(self, share: CoreShare, columns: float) -> Iterable[Station]:
        """Sums of the tiles on their way to where they are finished."""
        if not self.outputs:
            return
        chip = self.chip
        adders = self.chip.accumulator.adders
        hop = chip.interconnect.hop_cycles
        wires = Station(
            "wires_up", _whole(self._sums_out(share) / chip.interconnect.width_bits), hop
        )
        if self.chain:
            # every tile adds for all of its columns; the head of a sum goes on after a cycle
            cycles = _whole(columns * self.outputs / adders) if self._added(share.inner) else 0
            yield Station("accumulator", cycles, share.depth - 1)
            yield wires
        else:
            yield wires
            cycles = _whole(self._added(share.inner) / adders)
            yield Station("accumulator", cycles, _levels(share.depth))

    def _finish(self, share: CoreShare) -> Iterable[Station]:
        """Results on their way from sums to the buffer."""
        if share.outer:
            cycles = _whole(self._added(share.outer) / self.chip.accumulator.adders)
            foreign = round(share.outer / share.outputs)
            yield Station("accumulator", cycles, _levels(foreign + 1))
        if share.outputs:
            if self.step.matrix_passes:
                passes = self.step.matrix_passes * share.outputs
                yield Station("matrix_unit", _whole(passes / self.chip.matrix_unit.units))
            yield Station("lanes", _whole(self.load * share.outputs / self.chip.core.lanes))
            bits = self._bits_out(share) + self.sums_in * share.outputs
            yield Station("output_buffer", self._words(bits))

    def _bits_out(self, share: CoreShare) -> float:
        """Results and state that a core writes into its output buffer."""
        return (self.step.bits_out + sum(self.messages.stored)) * share.outputs

    def _sums_out(self, share: CoreShare) -> float:
        """Bits that the tiles of a core put on its wires; of few driven lines, the mean of all."""
        sums = share.partials * self.splits * self.reached
        if self.chain:
            sums = share.ends * min(1.0, self.reached * share.depth)
        return sums * self.outputs * self.sum_bits

    def _added(self, sums: float) -> float:
        """Additions for so many sums of each output, where all tiles are driven."""
        if self.reached == 1:
            return sums * self.outputs
        most = max(0.0, self.splits * self.reached - 1) / (self.splits - 1)
        return sums * self.outputs * most

    def _words(self, bits: float) -> int:
        return _whole(bits / self.chip.core.buffer_bits)

    def count_unit(self, shares: UnitShares, turns: float) -> None:
        """What a step counts in the cores of a copy, which has so large a share of all turns."""
        step = self.step
        width = self.chip.core.buffer_bits
        tree = self.chip.interconnect.kind == "h_tree"
        for share in shares.cores:
            bits_in = self.bits_in * share.inputs
            step.count(
                "input_buffer", "write", turns * self.messages.fetched_bits * share.inputs / width
            )
            step.count("input_buffer", "read", turns * bits_in / width)
            step.count("output_buffer", "write", turns * step.bits_out * share.outputs / width)
            recalled, stored = sum(self.messages.recalled), sum(self.messages.stored)
            for action in ("write", "read"):
                step.count("input_buffer", action, turns * recalled * share.outputs / width)
            step.count("output_buffer", "write", turns * stored * share.outputs / width)
            step.count("output_buffer", "read", turns * self.sums_in * share.outputs / width)
            if not step.plan.on_tiles:
                continue
            # on a tree a value goes to every tile that takes it, on a bus to all at once
            tiles = share.partials * self.leaves
            switched = self.bits_in * (tiles if tree else share.inputs)
            sums = self._sums_out(share)
            step.count("interconnect", "transfer", turns * (switched + sums))
            self.wire_words_in += turns * bits_in / self.chip.interconnect.width_bits
            self.wire_words_out += turns * sums / self.chip.interconnect.width_bits
            step.count("accumulator", "add", turns * self._added(share.inner + share.outer))

    def count_messages(
        self, messages: Iterable[Message], turns: float, stored: bool = True
    ) -> None:
        """What messages count that a share of all steps sends, from a memory or from adders."""
        for message in messages:
            self.counts.count(message, turns, stored)


def _leaves(step: Step) -> float:
    """Tiles that a value of a step goes to, in the mean."""
    layer = step.layer
    kind = step.operation.kind
    if layer is None or not step.plan.on_tiles:
        return 0.0
    if kind == "read":
        return layer.column_splits
    if kind == "read_transposed":
        return layer.row_splits
    values = branches(step.operation, layer, step.elements_in) * layer.units
    return values / step.elements_in if step.elements_in else 0.0


def _levels(count: int) -> int:
    """Levels of a tree of adders over so many sums."""
    return math.ceil(math.log2(count)) if count > 1 else 0


def _whole(cycles: float) -> int:
    return math.ceil(cycles - 1e-9)
