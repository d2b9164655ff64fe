"""The reads of one layer's tiles: splits over rows and columns, converters, noise, saturation and
repeated reads.
"""

from __future__ import annotations

import numpy as np

from archsim.basics.threads import one_thread
from archsim.chip.config import Architecture
from archsim.chip.place import LayerPlacement
from archsim.kernels.bit_serial import bit_serial_read
from archsim.kernels.read import crossbar_read
from hwlib.errors import InputError

MARGIN = 1.05  # an automatic range leaves this much room above the calibration's largest value


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
    ):
        self.layer = layer
        self.chip = chip
        self.seed = seed
        self.replicas = chip.weights.replicas_of(layer.matrix.layer)
        groups, outputs, rows = weights.shape
        self.groups = groups
        self.outputs = outputs
        self.rows = rows
        height = chip.tile.rows
        width = chip.weight_columns_of(layer.matrix.layer)
        if transposed:
            height, width = width, height
            if chip.physics.model == "dual_column":
                raise InputError(
                    "a dual-column tile is not read from its columns",
                    where=f"{chip.origin}: physics.model",
                    got="dual_column",
                    hint="use physics.model=signed for this network",
                )
        self.blocks = [
            (group, slice(r, min(rows, r + height)), slice(c, min(outputs, c + width)))
            for group in range(groups)
            for r in range(0, rows, height)
            for c in range(0, outputs, width)
        ]
        self.weights = [
            np.ascontiguousarray(weights[group, lines, driven])
            for group, driven, lines in self.blocks
        ]
        fixed = (
            chip.physics.current_range_ua
            if chip.physics.model == "dual_column"
            else chip.physics.output_bound
        )
        self.automatic = not fixed
        self.ranges = [fixed or 1e-9] * len(self.blocks)

    def calibrate(self, vectors: np.ndarray) -> None:
        """Widen automatic ranges so that these input vectors (vectors, groups x rows) do not
        saturate.
        """
        physics = self.chip.physics
        if physics.model == "dual_column" and (vectors < 0).any():
            raise InputError(
                "dual-column bit-serial reads take inputs of at least 0",
                got="dual_column",
                where=f"{self.chip.origin}: physics.model",
                hint="use physics.model=signed for this network",
            )
        if not self.automatic:
            return
        scales = self._scales(vectors)
        split = vectors.reshape(len(vectors), self.groups, self.rows)
        for tile, (group, driven, _) in enumerate(self.blocks):
            if physics.model == "dual_column":
                conductances, _ = self._conductances(self.weights[tile])
                with one_thread():
                    currents = self._codes(split[:, group, driven], scales) @ conductances
                largest = (
                    float(currents.max()) * physics.read_voltage_v / 2**self.chip.read.input_bits
                )
            else:
                with one_thread():
                    products = split[:, group, driven] @ self.weights[tile].T
                largest = float((np.abs(products).max(axis=1) / scales).max())
            self.ranges[tile] = max(self.ranges[tile], MARGIN * largest)

    def _scales(self, vectors: np.ndarray) -> np.ndarray:
        """What each vector is divided by: its largest value under noise management, which the
        controller finds once.
        """
        if not self.chip.physics.noise_management:
            return np.ones(len(vectors), np.float32)
        return np.maximum(np.abs(vectors).max(axis=1), 1e-12).astype(np.float32)

    def _conductances(self, block: np.ndarray) -> tuple[np.ndarray, float]:
        low, high = self.chip.physics.conductance_us
        scale = (high - low) / max(1e-12, float(np.abs(block).max()))
        both = np.concatenate(
            [low + scale * np.maximum(block, 0), low + scale * np.maximum(-block, 0)]
        )
        return np.ascontiguousarray(both.T, np.float32), scale

    def _codes(self, vectors: np.ndarray, scales: np.ndarray) -> np.ndarray:
        top = 2**self.chip.read.input_bits - 1
        return np.rint(np.abs(vectors) / scales[:, None] * top).clip(0, top).astype(np.int64)

    def read(self, vectors: np.ndarray, first: int) -> tuple[np.ndarray, int, float, np.ndarray]:
        """Outputs (count, groups x outputs), the most repeats a tile needed, saturated outputs, and
        the input codes.

        Where a weight has several devices, saturated outputs are the mean over them.

        Raises RuntimeError for a vector that is not all numbers: it was fetched before it had
        arrived.
        """
        vectors = np.asarray(vectors, np.float32)
        if np.isnan(vectors).any():
            raise RuntimeError(
                "a tile was given data that had not arrived: a step ran ahead of its input"
            )
        count, scales = len(vectors), self._scales(vectors)
        codes = self._codes(vectors, scales)
        split = vectors.reshape(count, self.groups, self.rows)
        split_codes = codes.reshape(count, self.groups, self.rows)
        result = np.zeros((count, self.groups, self.outputs), np.float32)
        repeats = saturated = 0
        for tile, (group, driven, lines) in enumerate(self.blocks):
            total = np.zeros((count, len(self.weights[tile])), np.float32)
            for copy in range(
                self.replicas
            ):  # each device of a weight has a line and a converter: their results are averaged
                key = tile + copy * len(self.blocks)
                if self.chip.physics.model == "dual_column":
                    outputs, hits = self._dual_column(
                        split_codes[:, group, driven], tile, key, first
                    )
                else:
                    outputs, retries, hits = self._signed(
                        split[:, group, driven] / scales[:, None], tile, key, first
                    )
                    repeats = max(repeats, int(retries.max()))
                total += outputs
                saturated += int(hits.sum())
            result[:, group, lines] += total / np.float32(self.replicas) * scales[:, None]
        return result.reshape(count, -1), repeats, saturated / self.replicas, codes

    def _signed(self, vectors: np.ndarray, tile: int, key: int, first: int):
        physics, read = self.chip.physics, self.chip.read
        return crossbar_read(
            self.weights[tile],
            vectors,
            bound_management="forward" if physics.bound_management else "off",
            input_bound=1.0,
            input_bits=max(2, read.input_bits),
            output_bits=max(2, read.adc_bits),
            output_bound=self.ranges[tile],
            output_noise=physics.read_noise,
            seed=self.seed,
            tile=key,
            first=first,
        )

    def _dual_column(self, codes: np.ndarray, tile: int, key: int, first: int):
        physics, read = self.chip.physics, self.chip.read
        conductances, scale = self._conductances(self.weights[tile])
        currents, hits = bit_serial_read(
            conductances,
            codes,
            read_voltage_v=physics.read_voltage_v,
            current_range_ua=self.ranges[tile],
            input_bits=read.input_bits,
            output_bits=read.adc_bits,
            adc_noise_levels=physics.adc_noise_levels,
            cell_noise_us=physics.cell_noise_us,
            seed=self.seed,
            tile=key,
            first=first,
        )
        half = len(self.weights[tile])
        return (currents[:, :half] - currents[:, half:]) / (
            physics.read_voltage_v * scale * (2**read.input_bits - 1)
        ), hits
