"""Weights in passes on a chip too small for the network: which layers are loaded, and what loading costs."""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import TYPE_CHECKING

from archsim.architecture.config import Architecture
from archsim.cost.ledger import Ledger
from archsim.placement import Placement
from archsim.soc.server import reserve
from archsim.trace.operation import OFF_TILES, Operation

if TYPE_CHECKING:
    from archsim.soc.machine import Machine


class Residency:
    """What is on the tiles now. A layer that does not fit beside the loaded ones drives out the oldest; a layer
    larger than the chip is split into equal passes, each loaded before it runs."""

    def __init__(self, placement: Placement, chip: Architecture):
        self.placement, self.chip = placement, chip
        self.loaded: dict[tuple[str, int], int] = {}
        self.ledger = Ledger()
        self.loads = 0
        self.cycles = 0

    def passes(self, operation: Operation) -> int:
        """One, or as many equal parts as the operation's layer needs."""
        layer = self.placement.layers.get(operation.place)
        if layer is None or operation.kind in OFF_TILES:
            return 1
        return -(-len(layer.tiles) // self.placement.available)

    def load(self, machine: Machine, operation: Operation, part: int) -> Generator:
        """Bring the layer (or one part of it) on the tiles; counts off-chip reads, transport and programming."""
        layer, name = self.placement.layers.get(operation.place), operation.place
        if layer is None or operation.kind in OFF_TILES or (name, part) in self.loaded:
            return
        share = 1 / self.passes(operation)
        need = min(len(layer.tiles), self.placement.available)
        while self.loaded and sum(self.loaded.values()) + need > self.placement.available:
            del self.loaded[next(iter(self.loaded))]
        self.loaded[name, part] = need
        chip = self.chip
        weights = layer.matrix.weights * layer.copies * share
        bits = weights * chip.weights.bits
        cells = layer.cells * share
        pulses = chip.write.pulses
        rows = min(layer.rows * layer.groups_per_tile * layer.copies_per_tile, chip.tile.rows)
        turns = rows * (min(layer.columns, chip.tile.columns) if chip.write.parallel == "device" else 1)
        programming = math.ceil(turns * pulses * (chip.write.pulse_cycles + chip.write.verify_cycles))
        reading = math.ceil(bits / chip.off_chip.bits_per_cycle)
        moving = math.ceil(bits / chip.interconnect.width_bits)
        started = machine.env.now
        fetched = chip.off_chip.latency_cycles + reserve((machine.off_chip,), (reading,))
        if not machine.arbitrated:
            fetched = max(fetched, reserve((machine.interconnect,), (moving,)))
        else:
            yield from machine.interconnect.hold((), (moving,), 1)
        # Rows are programmed as they arrive: the slower of transport and programming counts.
        lane = machine.lanes[name]
        lane.take(None, started, programming, lane.tiles)
        remaining = max(fetched, programming) - (machine.env.now - started)
        if remaining > 0:
            yield machine.env.timeout(remaining)
        lane.stall("input", None, started + programming, machine.env.now, operation.phase)
        self.loads += 1
        self.cycles += machine.env.now - started
        phase, count = operation.phase, self.ledger.add
        count("off_chip_memory", "read", name, phase, bits)
        count("interconnect", "transfer", name, phase, bits)
        for component, action in (("array", "write"), ("write_driver", "pulse"), ("level_shifter", "shift"), ("bit_line_driver", "drive"),
                                  ("array", "read"), ("front_end", "sample"), ("column_mux", "select"), ("adc", "convert")):
            count(component, action, name, phase, cells * pulses)
        count("word_line_driver", "drive", name, phase, cells / max(1, layer.columns) * 2 * pulses)
