"""The reads of one layer's tiles: splits over rows and columns, converters, noise, saturation and
repeated reads.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from archsim.basics.threads import one_thread
from archsim.chip.config import Architecture
from archsim.chip.line_resistance import ohm_a_cell
from archsim.chip.placement import LayerPlacement
from archsim.devices.array import draws
from archsim.devices.held_weights import HeldWeights, Holder
from archsim.kernels.tile_read import (
    Keys,
    TilePart,
    is_one_conversion,
    largest_conversion,
    tile_read,
)
from archsim.soc.data.driven_groups import driven_groups
from archsim.soc.data.dual_column import ColumnReads, largest_current, read_columns
from archsim.soc.data.line_drop import DrivenBlock, behind_lines, check_line_drop
from archsim.soc.data.tile_converters import codes_of, scales_of, tile_periphery, verify_read
from hwlib.errors import InputError

MARGIN = 1.05  # an automatic range leaves this much room above the calibration's largest value


class LayerReads(NamedTuple):
    """What the tiles of a layer gave for some vectors: outputs (count, groups x outputs), the most
    repeats a tile needed, the share of the tiles that each of these repeats took, saturated
    outputs, and the input codes; the repeats of each vector on its slowest tile, and of all tiles
    together.
    """

    outputs: np.ndarray
    repeats: int
    repeated_share: float
    saturations: float
    codes: np.ndarray
    slowest: np.ndarray
    all_repeats: int


def _check_dual_column(chip: Architecture, transposed: bool) -> None:
    """InputError unless the columns of a dual-column tile hold pairs and are read from the rows."""
    if chip.physics.model != "dual_column":
        return
    if chip.weights.mapping != "differential":
        raise InputError(
            "a dual-column tile holds a weight in two columns",
            where=f"{chip.origin}: weights.mapping",
            got=chip.weights.mapping,
            allowed="differential",
            hint="use physics.model=signed for this mapping",
        )
    if transposed:
        raise InputError(
            "a dual-column tile is not read from its columns",
            where=f"{chip.origin}: physics.model",
            got="dual_column",
            hint="use physics.model=signed for this network",
        )


class TilePhysics:
    """Reads vectors on the tiles of one layer. `weights` (groups, outputs, rows). Automatic
    converter ranges, one a tile, grow with every call of `calibrate`. `transposed`: the tiles hold
    the transpose and are read from their columns.
    """

    def __init__(
        self,
        layer: LayerPlacement,
        chip: Architecture,
        weights: np.ndarray,
        seed: int,
        transposed: bool = False,
        bias: np.ndarray | None = None,
        holder: tuple[Holder, int] | None = None,
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
        height, width = layer.tile_rows, layer.tile_weights
        _check_dual_column(chip, transposed)
        check_line_drop(chip, transposed)
        self.line_ohm = ohm_a_cell(chip)  # once: devices that reads disturb are held anew each time
        # The largest weight that is meant takes the highest conductance.
        self.full = float(np.abs(weights).max(initial=0.0)) or 1.0
        if transposed:
            height, width = width, height
        # A tile that converts group after group of its lines is a block for each, read by the same
        # converters.
        driven = driven_groups(chip, layer.matrix.layer, rows, height, transposed)
        tiles = [
            (group, parts, slice(c, min(outputs, c + width)))
            for group in range(groups)
            for parts in driven
            for c in range(0, outputs, width)
        ]
        self.blocks = [(group, part, lines) for group, parts, lines in tiles for part in parts]
        self.tile_of = [tile for tile, (_, parts, _) in enumerate(tiles) for _ in parts]
        self.splits = sum(map(len, driven))
        self.held = (
            None
            if holder is None
            else HeldWeights(weights, holder[0], self.replicas, seed, holder[1], verify_read(chip))
        )
        self.reads = 0
        self._hold([weights] if self.held is None else self.held.after(0))
        fixed = (
            chip.physics.current_range_ua
            if chip.physics.model == "dual_column"
            else chip.physics.output_bound
        )
        self.automatic = not fixed
        self.ranges = [fixed or 1e-9] * len(tiles)

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
        copies = self._behind_lines(copies) if self.line_ohm else copies
        self.copies = [np.ascontiguousarray(weights, np.float32) for weights in copies]
        self.tiles = [
            [
                np.ascontiguousarray(weights[group, lines, driven])
                for group, driven, lines in self.blocks
            ]
            for weights in self.copies
        ]

    def _behind_lines(self, copies: list[np.ndarray]) -> list[np.ndarray]:
        """The same weights as a read sees them behind lines with a resistance. Every device of a
        weight has lines of its own.
        """
        copies = copies if len(copies) == self.replicas else copies * self.replicas
        ends: dict[int, int] = {}
        for number, (_, driven, _) in enumerate(self.blocks):
            ends[self.tile_of[number]] = max(ends.get(self.tile_of[number], 0), driven.stop)
        of_group: dict[int, list[DrivenBlock]] = {group: [] for group in range(self.groups)}
        for number, (group, driven, lines) in enumerate(self.blocks):
            ahead = ends[self.tile_of[number]] - driven.stop
            of_group[group].append(DrivenBlock(driven, lines, ahead))
        seen = [
            behind_lines(
                self.chip, self.line_ohm, [copy[group] for copy in copies], blocks, self.full
            )
            for group, blocks in of_group.items()
        ]
        return [np.stack([group[number] for group in seen]) for number in range(len(copies))]

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

    def calibrate(self, vectors: np.ndarray) -> None:
        """Widen automatic ranges so that these input vectors (vectors, groups x rows) do not
        saturate.
        """
        physics = self.chip.physics
        vectors = self._with_bias(vectors)
        if physics.model == "dual_column" and (vectors < 0).any():
            raise InputError(
                "dual-column bit-serial reads take inputs of at least 0",
                got="dual_column",
                where=f"{self.chip.origin}: physics.model",
                hint="use physics.model=signed for this network",
            )
        if not self.automatic:
            return
        scales = scales_of(vectors, self.chip)
        split = vectors.reshape(len(vectors), self.groups, self.rows)
        for number, (group, driven, _) in enumerate(self.blocks):
            if physics.model == "dual_column":
                codes = codes_of(split[:, group, driven], scales, self.chip)
                largest = largest_current(self.tiles[0][number], codes, self.chip)
            else:
                largest = self._largest(split[:, group, driven], scales, number)
            tile = self.tile_of[number]
            self.ranges[tile] = max(self.ranges[tile], MARGIN * largest)

    def _largest(self, vectors: np.ndarray, scales: np.ndarray, number: int) -> float:
        """The largest value that a converter meets of this block."""
        group, driven, lines = self.blocks[number]
        physics = self._periphery(number)
        if is_one_conversion(physics):
            with one_thread():
                products = vectors @ self.tiles[0][number].T
            return float((np.abs(products).max(axis=1) / scales).max())
        return largest_conversion(
            self.copies[0][group], vectors / scales[:, None], physics, _part(driven, lines)
        )

    def _with_bias(self, vectors: np.ndarray, on: bool = True) -> np.ndarray:
        """The vectors with the line of the bias, which is always on."""
        if not self.bias_row:
            return vectors
        split = vectors.reshape(len(vectors), self.groups, self.rows - 1)
        line = np.full((*split.shape[:2], 1), float(on), split.dtype)
        return np.concatenate([split, line], axis=2).reshape(len(vectors), -1)

    def read(
        self, vectors: np.ndarray, first: int, bias: bool = True, with_codes: bool = True
    ) -> LayerReads:
        """Read some vectors.

        Saturated outputs are the mean over the tiles that add up to an output, and over the devices
        where a weight has several. Without `bias`
        a row that holds one is not driven; without `with_codes` none are given.

        Raises RuntimeError for a vector that is not all numbers: it was fetched before it had
        arrived.
        """
        vectors = np.asarray(vectors, np.float32)
        if np.isnan(vectors).any():
            raise RuntimeError(
                "a tile was given data that had not arrived: a step ran ahead of its input"
            )
        given = vectors
        vectors = self._with_bias(vectors, bias)
        count, scales = len(vectors), scales_of(vectors, self.chip)
        split = vectors.reshape(count, self.groups, self.rows)
        bit_serial = self.chip.physics.model == "dual_column"
        split_codes = (
            codes_of(vectors, scales, self.chip).reshape(split.shape) if bit_serial else split
        )
        result = np.zeros((count, self.groups, self.outputs), np.float32)
        all_repeats = saturated = 0
        slowest = np.zeros(count, np.int64)
        # Each device of a weight has a line and a converter; as in training, the tiles of one are
        # added before the devices are averaged.
        for copy in range(self.replicas):
            repeats_of = np.zeros((len(self.ranges), count), np.int64)
            for number, (group, driven, lines) in enumerate(self.blocks):
                if bit_serial:
                    outputs, hits = self._dual_column(
                        split_codes[:, group, driven], copy, number, first
                    )
                else:
                    outputs, retries, hits = self._signed(
                        split[:, group, driven] / scales[:, None], copy, number, first
                    )
                    # where one group saturates, its whole tile repeats
                    most = repeats_of[self.tile_of[number]]
                    np.maximum(most, retries, out=most)
                result[:, group, lines] += outputs * scales[:, None]
                saturated += hits
            np.maximum(slowest, repeats_of.max(axis=0), out=slowest)
            all_repeats += int(repeats_of.sum())
        if self.replicas > 1:
            result *= np.float32(1.0) / np.float32(self.replicas)
        repeats = int(slowest.max(initial=0))
        reads = repeats * count * self.reads_a_vector
        return LayerReads(
            result.reshape(count, -1),
            repeats,
            all_repeats / reads if reads else 1.0,
            saturated / self.replicas / self.splits,
            codes_of(given, scales, self.chip) if with_codes else np.empty((0, 0), np.int64),
            slowest,
            all_repeats,
        )

    def _signed(
        self, vectors: np.ndarray, copy: int, number: int, first: int
    ) -> tuple[np.ndarray, np.ndarray, int]:
        group, driven, lines = self.blocks[number]
        return tile_read(
            self.copies[copy % len(self.copies)][group],
            vectors,
            self._periphery(number),
            Keys(self.seed, 0, number + copy * len(self.blocks), first),
            _part(driven, lines),
        )

    def _periphery(self, number: int) -> np.ndarray:
        noise = 0.0 if self.held is None else self.held.weight_noise
        return tile_periphery(self.chip, self.ranges[self.tile_of[number]], noise)

    def _dual_column(self, codes: np.ndarray, copy: int, number: int, first: int) -> ColumnReads:
        key = number + copy * len(self.blocks)
        stride = len(self.blocks) * self.replicas
        return read_columns(
            self.tiles[copy % len(self.tiles)][number],
            codes,
            self.chip,
            self.ranges[self.tile_of[number]],
            # a column holds one device of each weight
            0.0 if self.held is None else self.held.device_noise,
            lambda slot: draws(self.seed, 0, key + slot * stride, first),
        )


def _part(driven: slice, lines: slice) -> TilePart:
    return TilePart(driven.start, lines.start, driven.stop - driven.start, lines.stop - lines.start)
