"""Weights in passes on a chip too small for the network: which layers are loaded, and what loading
costs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from archsim.chip.blocks.tile_write import VERIFY
from archsim.chip.config import Architecture
from archsim.chip.placement import LayerPlacement, Placement
from archsim.chip.plan.slowest import slowest_pulses, slowest_row
from archsim.chip.plan.tile_timing import write_row_cycles
from archsim.ledger.ledger import Ledger
from archsim.trace.operation import OFF_TILES, Operation, Trace


@dataclass(frozen=True, slots=True)
class Loading:
    """Cycles of one load: rows are programmed as they arrive, so the slower of transport and
    programming counts.
    """

    programming: int
    reading: int
    moving: int


class Residency:
    """What is on the tiles now. A layer that does not fit beside the loaded ones drives out the
    oldest; a layer larger than the chip is split into equal passes, each loaded before it runs."""

    def __init__(self, placement: Placement, chip: Architecture):
        self.placement = placement
        self.chip = chip
        self.loaded: dict[tuple[str, int], int] = {}
        self.ledger = Ledger()
        self.loads = 0
        self.cycles = 0

    def passes(self, operation: Operation) -> int:
        """One, or as many equal parts as the operation's layer needs."""
        layer = self.placement.layers.get(operation.matrix_name)
        if layer is None or operation.kind in OFF_TILES:
            return 1
        return -(-len(layer.tiles) // self.placement.available)

    def enter(self, operation: Operation, part: int) -> LayerPlacement | None:
        """The layer to load now, after room was made for it; None where its part is there or none
        is needed.
        """
        layer = self.placement.layers.get(operation.matrix_name)
        name = operation.matrix_name
        if layer is None or operation.kind in OFF_TILES or (name, part) in self.loaded:
            return None
        need = min(len(layer.tiles), self.placement.available)
        # The oldest goes first: layers come round in order, so whichever goes is needed again a
        # round later.
        while self.loaded and sum(self.loaded.values()) + need > self.placement.available:
            del self.loaded[next(iter(self.loaded))]
        self.loaded[name, part] = need
        # What programs every device needs none of the old weights.
        return (
            None if operation.kind == "write" and operation.activity.devices_written == 1 else layer
        )

    def foresee(self, trace: Trace, images: int) -> Ledger:
        """What the loads of a whole run count, without events: the order is that of
        `Machine.schedule`.
        """
        batches = math.ceil(images / trace.batch) if trace.phase == "training" else 1
        for done in range(1, batches + 1):
            # Order and all: what is driven out next depends on it.
            before = list(self.loaded)
            counted = self.ledger
            self.ledger = Ledger()
            for operation in trace.image_operations + (
                trace.batch_operations if trace.phase == "training" else ()
            ):
                for part in range(self.passes(operation)):
                    layer = self.enter(operation, part)
                    if layer is not None:
                        self.count(operation, layer)
            # A batch that leaves on the tiles what it finds there is like all that follow.
            counted.merge(
                self.ledger, times=batches - done + 1 if before == list(self.loaded) else 1
            )
            self.ledger = counted
            if before == list(self.loaded):
                break
        return self.ledger

    def loading(self, operation: Operation, layer: LayerPlacement) -> Loading:
        """How long it takes to bring a layer (or one part of it) on the tiles, by what is busy with
        it.
        """
        chip = self.chip
        bits = self._bits(operation, layer)
        rows = min(layer.rows * layer.groups_per_tile * layer.copies_per_tile, chip.tile.rows)
        # All tiles are programmed side by side, the rows of each in turn.
        programming = math.ceil(
            rows * write_row_cycles(chip, 1, self._slowest_row(operation, layer, rows))
        )
        return Loading(
            programming, chip.off_chip.cycles(bits), math.ceil(bits / chip.interconnect.width_bits)
        )

    def _slowest_row(self, operation: Operation, layer: LayerPlacement, rows: int) -> float:
        """Pulses of the slowest of the rows that all tiles program at once."""
        chip = self.chip
        if chip.write.parallel == "row":
            return slowest_pulses(
                layer.cells / self.passes(operation) / rows, 1.0, chip.write.pulses
            )
        tiles = min(len(layer.tiles), self.placement.available)
        return slowest_row(tiles, min(layer.columns, chip.tile.columns), 1.0, chip.write.pulses)

    def _bits(self, operation: Operation, layer: LayerPlacement) -> float:
        return layer.matrix.weights * layer.copies / self.passes(operation) * self.chip.weights.bits

    def count(self, operation: Operation, layer: LayerPlacement) -> None:
        name = operation.matrix_name
        phase = operation.phase
        count = self.ledger.add
        bits = self._bits(operation, layer)
        cells = layer.cells / self.passes(operation)
        pulses = self.chip.write.pulses
        count("off_chip_memory", "read", name, phase, bits)
        count("interconnect", "transfer", name, phase, bits)
        for component, action in (
            ("array", "write"),
            ("write_driver", "pulse"),
            ("level_shifter", "shift"),
            ("bit_line_driver", "drive"),
            *VERIFY,
        ):
            count(component, action, name, phase, cells * pulses)
        # Twice: for the pulse and for the read that verifies it.
        count("word_line_driver", "drive", name, phase, cells / max(1, layer.columns) * 2 * pulses)
