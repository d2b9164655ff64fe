"""What an operation does on its tiles: what its three laws (read, update, write) share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archsim.chip.plan.record import Counts, OperationPlan, add

if TYPE_CHECKING:
    from archsim.chip.config import Architecture  # see blocks/base.py
    from archsim.chip.placement import LayerPlacement, Placement
    from archsim.trace.layer_matrix import LayerMatrix
    from archsim.trace.operation import Activity


@dataclass(frozen=True, slots=True)
class TileJob:
    """A plan whose tile work is to be filled in, and where its layer sits."""

    plan: OperationPlan
    layer: LayerPlacement
    placement: Placement
    chip: Architecture

    @property
    def matrix(self) -> LayerMatrix:
        return self.layer.matrix

    @property
    def activity(self) -> Activity:
        return self.plan.operation.activity

    def turns(self, role: str) -> int:
        """How often the lender of the role must serve one step: its tiles take turns where it has
        fewer.
        """
        plan = self.plan
        lender = self.placement.layers[self.placement.server(self.matrix.layer, role)]
        if lender is self.layer:
            return 1
        # A write goes to all copies at once; a read has the tiles of one unit.
        each = lender.tiles_per_unit * (lender.units if plan.operation.kind == "write" else 1)
        return -(-plan.tile_operations // each)


def count_tile_cycles(counts: Counts, cycles: float) -> None:
    """The sequencer and the clock of the tiles run: tiles x cycles."""
    add(counts, "tile_control", "cycle", cycles)
    add(counts, "tile_clock", "cycle", cycles)
