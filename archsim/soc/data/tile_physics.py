"""The reads of one layer's tiles: splits over rows and columns, converters, noise, saturation and
repeated reads.
"""

from __future__ import annotations

import numpy as np

from archsim.basics.threads import one_thread
from archsim.devices.array import draws
from archsim.kernels.map_records import HeldBlocks
from archsim.kernels.tile_read import is_one_conversion, largest_conversion
from archsim.operators.on_array import Positions
from archsim.soc.data.dual_column import ColumnReads, largest_current, read_columns
from archsim.soc.data.held_tiles import HeldTiles
from archsim.soc.data.layer_reads import CodeCounts, LayerReads, count_codes
from archsim.soc.data.map_reads import AskedMaps, read_on_tiles, slice_ranges
from archsim.soc.data.no_numbers import NOT_ARRIVED, NotArrivedError
from archsim.soc.data.tile_converters import codes_of, scales_of, tile_periphery
from hwlib.errors import InputError

ONE_VECTOR = Positions(np.zeros((1, 1), np.int32), 1)
MARGIN = 1.05  # an automatic range leaves this much room above the calibration's largest value


class TilePhysics(HeldTiles):
    """Reads vectors on the tiles of one layer; for its arguments see `HeldTiles`. Automatic
    converter ranges, one a tile, grow with every call of `calibrate`.
    """

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
        # Around all tiles: a large layer has thousands.
        with one_thread():
            for number, (group, driven, _) in enumerate(self.lying.blocks):
                if physics.model == "dual_column":
                    codes = codes_of(split[:, group, driven], scales, self.chip)
                    largest = largest_current(self.tiles[0][number], codes, self.chip)
                else:
                    largest = self._largest(split[:, group, driven], scales, number)
                tile = self.lying.tile_of[number]
                self.ranges[tile] = max(self.ranges[tile], MARGIN * largest)
        self.blocks = None

    def _largest(self, vectors: np.ndarray, scales: np.ndarray, number: int) -> float:
        """The largest value that a converter meets of this block."""
        group = self.lying.blocks[number][0]
        physics = self._periphery(number)
        if is_one_conversion(physics):
            with one_thread():
                products = vectors @ self.tiles[0][number].T
            return float((np.abs(products).max(axis=1) / scales).max())
        return largest_conversion(
            self.copies[0][group], vectors / scales[:, None], physics, self.lying.part(number)
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
        """Read some vectors (count, groups x rows).

        Saturated outputs are the mean over the tiles that add up to an output, and over the devices
        where a weight has several. Without `bias`
        a row that holds one is not driven; without `with_codes` none are counted.

        Raises RuntimeError for a vector that is not all numbers: it was fetched before it had
        arrived.
        """
        vectors = np.asarray(vectors, np.float32)
        if not self.by_maps:
            return self._read_columns(vectors, first, bias, with_codes)
        # a vector is a map of which each value is a line's
        reads = self.read_maps(vectors, ONE_VECTOR, first, bias, with_codes)
        return reads._replace(outputs=reads.outputs.reshape(len(vectors), -1))

    @property
    def by_maps(self) -> bool:
        """Whether the tiles can be read from maps as they lie."""
        return self.chip.physics.model != "dual_column"

    def read_maps(
        self,
        maps: np.ndarray,
        positions: Positions,
        first: int,
        bias: bool = True,
        with_codes: bool = True,
    ) -> LayerReads:
        """Read all vectors of some maps.

        Args:
            maps: (images, *shape).
            positions: of the vectors' values in a map.
            first: number of the first vector.
            bias: as in `read`.
            with_codes: as in `read`.

        Returns:
            the `LayerReads`, outputs (images, groups x outputs, vectors).
        """
        if self.blocks is None:
            self.blocks = self._held_blocks()
        rows = self.rows - self.bias_row
        asked = AskedMaps(maps.reshape(len(maps), -1), positions, rows, first, bias, with_codes)
        got = read_on_tiles(self.blocks, asked, self.chip)
        if self.replicas > 1:
            got.outputs[...] *= np.float32(1.0) / np.float32(self.replicas)
        return self._told(got.outputs, got.slowest, got.repeats, got.saturations, got.codes)

    def _held_blocks(self) -> HeldBlocks:
        """The weights on the tiles, with their converters as they are calibrated."""
        numbers = range(len(self.lying.blocks))
        periphery = np.stack([self._periphery(number) for number in numbers])
        every = np.stack([periphery] * self.replicas)
        blocks = HeldBlocks(self.copies, self.lying.numbers(), self.lying.tiles, every, self.keys)
        slice_ranges(blocks)
        return blocks

    def _told(
        self,
        outputs: np.ndarray,
        slowest: np.ndarray,
        all_repeats: int,
        saturated: int,
        codes: CodeCounts,
    ) -> LayerReads:
        repeats = int(slowest.max(initial=0))
        reads = repeats * len(slowest) * self.reads_a_vector
        return LayerReads(
            outputs,
            repeats,
            all_repeats / reads if reads else 1.0,
            saturated / self.replicas / self.lying.splits,
            codes,
            slowest,
            all_repeats,
        )

    def _read_columns(
        self, vectors: np.ndarray, first: int, bias: bool, with_codes: bool
    ) -> LayerReads:
        """Read vectors on columns that hold the two parts of a weight."""
        if np.isnan(vectors).any():
            raise NotArrivedError(NOT_ARRIVED)
        vectors = self._with_bias(vectors, bias)
        count = len(vectors)
        scales = scales_of(vectors, self.chip)
        codes = codes_of(vectors, scales, self.chip)
        split = codes.reshape(count, self.groups, self.rows)
        result = np.zeros((count, self.groups, self.outputs), np.float32)
        saturated = 0
        # Each device of a weight has a line and a converter; as in training, the tiles of one are
        # added before the devices are averaged.
        for copy in range(self.replicas):
            for number, (group, driven, lines) in enumerate(self.lying.blocks):
                outputs, hits = self._dual_column(split[:, group, driven], copy, number, first)
                result[:, group, lines] += outputs * scales[:, None]
                saturated += hits
        if self.replicas > 1:
            result *= np.float32(1.0) / np.float32(self.replicas)
        given = split[:, :, : self.rows - self.bias_row]
        counted = count_codes(given) if with_codes else CodeCounts()
        never = np.zeros(count, np.int64)
        return self._told(result.reshape(count, -1), never, 0, saturated, counted)

    def _periphery(self, number: int) -> np.ndarray:
        noise = 0.0 if self.held is None else self.held.weight_noise
        return tile_periphery(self.chip, self.ranges[self.lying.tile_of[number]], noise)

    def _dual_column(self, codes: np.ndarray, copy: int, number: int, first: int) -> ColumnReads:
        key = number + copy * len(self.lying.blocks)
        stride = len(self.lying.blocks) * self.replicas
        return read_columns(
            self.tiles[copy % len(self.tiles)][number],
            codes,
            self.chip,
            self.ranges[self.lying.tile_of[number]],
            # a column holds one device of each weight
            0.0 if self.held is None else self.held.device_noise,
            lambda slot: draws(self.seed, 0, key + slot * stride, first),
        )
