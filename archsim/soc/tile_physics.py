"""The reads of one layer's tiles: splits over rows and columns, converters, noise, saturation and repeated reads."""

from __future__ import annotations

import numpy as np

from archsim.architecture.config import Architecture
from archsim.kernels.bit_serial import bit_serial_read
from archsim.kernels.read import crossbar_read
from archsim.placement import LayerPlacement
from hwlib.errors import InputError

MARGIN = 1.05  # an automatic range leaves this much room above the calibration's largest value


class TilePhysics:
    """Reads vectors on the tiles of one layer. `weights` (groups, outputs, rows); `calibration` are input vectors
    (vectors, groups x rows) that set automatic converter ranges, one a tile."""

    def __init__(self, layer: LayerPlacement, chip: Architecture, weights: np.ndarray, calibration: np.ndarray, seed: int):
        self.layer, self.chip, self.seed = layer, chip, seed
        groups, outputs, rows = weights.shape
        self.groups, self.outputs, self.rows = groups, outputs, rows
        height, width = chip.tile.rows, chip.weight_columns_per_tile
        self.blocks = []  # (group, rows, outputs, weights, range)
        vectors = calibration.reshape(len(calibration), groups, rows)
        scales = np.abs(calibration).max(axis=1) if chip.physics.noise_management else np.ones(len(calibration))
        for group in range(groups):
            for r in range(0, rows, height):
                for c in range(0, outputs, width):
                    place, lines = slice(r, min(rows, r + height)), slice(c, min(outputs, c + width))
                    block = np.ascontiguousarray(weights[group, lines, place])
                    self.blocks.append((group, place, lines, block, self._range(block, vectors[:, group, place], scales)))
        if chip.physics.model == "dual_column" and (calibration < 0).any():
            raise InputError("dual-column bit-serial reads take inputs of at least 0", where="physics.model", got="dual_column",
                             hint="use physics.model=signed for this network")

    def _conductances(self, block: np.ndarray) -> tuple[np.ndarray, float]:
        low, high = self.chip.physics.conductance_us
        scale = (high - low) / max(1e-12, float(np.abs(block).max()))
        both = np.concatenate([low + scale * np.maximum(block, 0), low + scale * np.maximum(-block, 0)])
        return np.ascontiguousarray(both.T, np.float32), scale

    def _range(self, block: np.ndarray, vectors: np.ndarray, scales: np.ndarray) -> float:
        physics = self.chip.physics
        if physics.model == "dual_column":
            if physics.current_range_ua:
                return physics.current_range_ua
            conductances, _ = self._conductances(block)
            return MARGIN * max(1e-9, float((self._codes(vectors, scales) @ conductances).max() * physics.read_voltage_v / 2**self.chip.read.input_bits))
        if physics.output_bound:
            return physics.output_bound
        largest = np.abs(vectors @ block.T).max(axis=1) / np.maximum(scales, 1e-12)
        return MARGIN * max(1e-9, float(largest.max()))

    def _codes(self, vectors: np.ndarray, scales: np.ndarray) -> np.ndarray:
        top = 2**self.chip.read.input_bits - 1
        return np.rint(np.abs(vectors) / np.maximum(scales, 1e-12)[:, None] * top).clip(0, top).astype(np.int64)

    def read(self, vectors: np.ndarray, first: int) -> tuple[np.ndarray, int, int, np.ndarray]:
        """Outputs (count, groups x outputs), the most repeats a tile needed, saturated outputs, and the input codes."""
        physics = self.chip.physics
        vectors = np.asarray(vectors, np.float32)
        count = len(vectors)
        scales = np.abs(vectors).max(axis=1) if physics.noise_management else np.ones(count, np.float32)
        codes = self._codes(vectors, scales)
        split = vectors.reshape(count, self.groups, self.rows)
        split_codes = codes.reshape(count, self.groups, self.rows)
        result = np.zeros((count, self.groups, self.outputs), np.float32)
        repeats = saturated = 0
        for tile, (group, place, lines, block, limit) in enumerate(self.blocks):
            if physics.model == "dual_column":
                outputs, hits = self._dual_column(split_codes[:, group, place], scales, block, limit, tile, first)
                result[:, group, lines] += outputs
                saturated += int(hits.sum())
                continue
            outputs, retries, hits = self._signed(split[:, group, place], scales, block, limit, tile, first)
            result[:, group, lines] += outputs
            repeats = max(repeats, int(retries.max()))
            saturated += int(hits.sum())
        return result.reshape(count, -1), repeats, saturated, codes

    def _signed(self, vectors: np.ndarray, scales: np.ndarray, block: np.ndarray, limit: float, tile: int, first: int):
        # All tiles of a layer share the vector's scale, which the controller finds once.
        physics, read = self.chip.physics, self.chip.read
        scaled = vectors / np.maximum(scales, 1e-12)[:, None].astype(np.float32)
        outputs, retries, hits = crossbar_read(
            block, scaled, bound_management="forward" if physics.bound_management else "off", input_bits=max(2, read.input_bits),
            input_bound=1.0, output_bits=max(2, read.adc_bits), output_bound=limit, output_noise=physics.read_noise, seed=self.seed, tile=tile,
            first=first)
        return outputs * scales[:, None], retries, hits

    def _dual_column(self, codes: np.ndarray, scales: np.ndarray, block: np.ndarray, limit: float, tile: int, first: int):
        physics, read = self.chip.physics, self.chip.read
        conductances, scale = self._conductances(block)
        currents, hits = bit_serial_read(
            conductances, codes, read_voltage_v=physics.read_voltage_v, current_range_ua=limit, input_bits=read.input_bits,
            output_bits=read.adc_bits, adc_noise_levels=physics.adc_noise_levels, cell_noise_us=physics.cell_noise_us, seed=self.seed,
            tile=tile, first=first)
        half = len(block)
        factor = 1.0 / (physics.read_voltage_v * scale * (2**read.input_bits - 1))
        return (currents[:, :half] - currents[:, half:]) * factor * scales[:, None], hits
