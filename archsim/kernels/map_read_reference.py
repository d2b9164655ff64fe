"""NumPy twin of `map_read`: all vectors gathered, then one tile read after the other, the same bits."""

from __future__ import annotations

import numpy as np

from archsim.kernels.map_read import SMALLEST
from archsim.kernels.map_records import (
    CODES,
    MAP_COUNTS,
    MISSING,
    NONZERO,
    ONES,
    REPEATS,
    SATURATIONS,
    HeldBlocks,
    MapReads,
    MapSource,
)
from archsim.kernels.tile_read import Keys, TilePart
from archsim.kernels.tile_read_reference import tile_read_reference

F = np.float32


def read_maps_reference(source: MapSource, held: HeldBlocks, seed: int) -> MapReads:
    """As `map_read.read_maps_once` and `read_maps_in_parts`, for keys of `seed` in step 0, tile
    after tile.
    """
    images = len(source.maps)
    vectors = source.positions.shape[1]
    copies, groups, columns, lines = held.weights.shape
    given = _gathered(source)
    driven = given.reshape(len(given), groups, source.rows)
    if lines > source.rows:
        bias = np.full((len(given), groups, 1), source.bias, F)
        driven = np.concatenate([driven, bias], axis=2)
    scales = np.ones(len(given), F)
    if source.managed:
        scales = np.maximum(np.abs(driven).max(axis=(1, 2)), SMALLEST)
    driven = driven / scales[:, None, None]
    outputs = np.zeros((len(given), groups, columns), F)
    slowest = np.zeros(len(given), np.int64)
    counts = np.zeros(MAP_COUNTS, np.int64)
    for device, periphery in enumerate(held.periphery):
        most = np.zeros((held.tiles, len(given)), np.int64)
        for number, (group, line, many, column, wide, tile) in enumerate(held.blocks):
            read = tile_read_reference(
                held.weights[device % copies, group],
                driven[:, group, line : line + many],
                periphery[number],
                Keys(seed, 0, number + device * len(held.blocks), int(source.first)),
                TilePart(line, column, many, wide),
            )
            outputs[:, group, column : column + wide] += read.outputs * scales[:, None]
            most[tile] = np.maximum(most[tile], read.repeats)
            counts[SATURATIONS] += read.saturations
        slowest = np.maximum(slowest, most.max(axis=0))
        counts[REPEATS] += most.sum()
    counts[MISSING] = np.isnan(given).sum()
    if source.top:
        shares = np.abs(driven[:, :, : source.rows])
        codes = np.minimum(np.rint(shares * F(source.top)), F(source.top)).astype(np.int64)
        counts[[NONZERO, CODES]] = np.count_nonzero(codes), codes.sum()
        counts[ONES] = np.bitwise_count(codes).sum()
    by_image = outputs.reshape(images, vectors, -1).transpose(0, 2, 1)
    return MapReads(by_image, slowest, counts)


def _gathered(source: MapSource) -> np.ndarray:
    """The vectors (images x vectors, groups x rows) of the maps."""
    taps = len(source.positions)
    channels = source.rows * source.groups // taps
    positions = source.positions[None] + source.step * np.arange(channels)[:, None, None]
    values = np.where(source.positions >= 0, source.maps[:, np.maximum(positions, 0)], F(0))
    images, _, _, vectors = values.shape
    return values.transpose(0, 3, 1, 2).reshape(images * vectors, -1)
