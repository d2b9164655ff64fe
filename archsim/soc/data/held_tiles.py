"""The weights of one layer on its tiles: devices, splits over rows and columns, and what time and
reads do to them.
"""

from __future__ import annotations

import numpy as np

from archsim.chip.config import Architecture
from archsim.chip.line_resistance import ohm_a_cell
from archsim.chip.placement import LayerPlacement
from archsim.devices.held_weights import HeldWeights, Holder, TurnedWeights
from archsim.kernels.map_records import HeldBlocks
from archsim.soc.data.dual_column import check_dual_column
from archsim.soc.data.line_drop import all_behind_lines, check_line_drop
from archsim.soc.data.map_reads import block_keys
from archsim.soc.data.tile_blocks import TileBlocks
from archsim.soc.data.tile_converters import verify_read


class HeldTiles:
    """The weights of one layer on its tiles, as their devices hold them.

    Args:
        layer: where its matrix lies.
        chip: whose tiles they are.
        weights: (groups, outputs, rows).
        seed: of devices and noise.
        transposed: the tiles hold the transpose and are read from their columns.
        bias: (groups x outputs,), a line of the tiles where the chip has it there.
        holder: the device, and the number of the layer, or the devices of another layer as this one
            reads them; None for exact weights.
    """

    def __init__(
        self,
        layer: LayerPlacement,
        chip: Architecture,
        weights: np.ndarray,
        seed: int,
        transposed: bool = False,
        bias: np.ndarray | None = None,
        holder: tuple[Holder, int] | TurnedWeights | None = None,
    ):
        self.bias_row = bias is not None and not transposed and chip.weights.bias == "row"
        if bias is not None and self.bias_row:
            weights = np.concatenate([weights, bias.reshape(*weights.shape[:2], 1)], axis=2)
        self.layer = layer
        self.chip = chip
        self.seed = seed
        self.replicas = chip.weights.replicas_of(layer.matrix.layer)
        groups, outputs, rows = weights.shape
        self.groups = groups
        self.outputs = outputs
        self.rows = rows
        check_dual_column(chip, transposed)
        check_line_drop(chip, transposed)
        self.line_ohm = ohm_a_cell(chip)  # once: devices that reads disturb are held anew each time
        # The largest weight that is meant takes the highest conductance.
        self.full = float(np.abs(weights).max(initial=0.0)) or 1.0
        self.lying = TileBlocks(layer, chip, (groups, outputs, rows), transposed)
        self.keys = block_keys(seed, len(self.lying.blocks), self.replicas)
        self.held = (
            HeldWeights(weights, holder[0], self.replicas, seed, holder[1], verify_read(chip))
            if isinstance(holder, tuple)
            else holder
        )
        self.reads = 0
        self._hold([weights] if self.held is None else self.held.after(0))
        fixed = (
            chip.physics.current_range_ua
            if chip.physics.model == "dual_column"
            else chip.physics.output_bound
        )
        self.automatic = not fixed
        self.ranges = [fixed or 1e-9] * self.lying.tiles

    @property
    def reads_a_vector(self) -> int:
        """Reads of single tiles that a vector takes."""
        return len(self.ranges) * self.replicas

    @property
    def is_disturbed(self) -> bool:
        """Whether every read moves the devices."""
        return self.held is not None and bool(self.held.share)

    def _hold(self, copies: list[np.ndarray]) -> None:
        """Weights (groups, outputs, rows) of each device of a weight, whole and by tile; the first
        ones stand for all where there is only one.
        """
        if self.line_ohm:
            # Every device of a weight has lines of its own.
            copies = copies if len(copies) == self.replicas else copies * self.replicas
            copies = all_behind_lines(self.chip, self.line_ohm, copies, self.lying, self.full)
        self.copies = np.ascontiguousarray(copies, np.float32)
        self.tiles = [
            [
                np.ascontiguousarray(weights[group, lines, driven])
                for group, driven, lines in self.lying.blocks
            ]
            for weights in self.copies
        ]
        self.blocks: HeldBlocks | None = None

    def age(self, seconds: float) -> None:
        """Leave the devices alone for so many seconds; the ranges of the converters stay."""
        if self.held is not None:
            self.held.age(seconds)
            self._hold(self.held.after(0))

    def disturb(self, reads: int) -> None:
        """The weights as so many reads of every device before leave them."""
        if self.held is not None and self.is_disturbed and reads != self.reads:
            self._hold(self.held.after(reads))
            self.reads = reads
