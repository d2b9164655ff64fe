"""A read of one array of a training: all its tiles, added, and all its copies, averaged.

Tiles are those of the chip's placement: blocks of so many inputs and outputs, each with its own
converters, noise, bound and repeats. Where noise management scales a vector, the controller finds
its largest value once, for all tiles. A tile that drives its lines in groups, and converts each, reads
one after the other; where one of them saturates the whole tile repeats.
"""

from __future__ import annotations

import numpy as np
from numba.core import types

from archsim.kernels.compiled import borrowed, kernel
from archsim.kernels.doors import Door, Vector
from archsim.kernels.random import READ_INPUT, READ_OUTPUT, stream_key
from archsim.kernels.read_block import KEYS, LANES, REGION, read_block
from archsim.kernels.read_parts import read_parts
from archsim.kernels.tile_records import (
    CELL_BITS,
    RETRIES,
    SATURATIONS,
    SLOTS,
    TILE_RETRIES,
    TILED,
    Lanes,
    ReadKeys,
    ReadScratch,
    Region,
)
from archsim.kernels.tile_records import VECTORS as READS
from archsim.kernels.views import view_at
from archsim.training.table import (
    BACK_CYCLE,
    COLUMNS,
    COPIES,
    CYCLES,
    FORWARD_CYCLE,
    INPUTS_TOGETHER,
    OUTPUTS_TOGETHER,
    ROWS,
    TILE_INPUTS,
    TILE_OUTPUTS,
    WEIGHTS,
)

U = np.uint64
# Few chips convert an output in parts.
PARTS = Door("read_parts", [lambda: read_parts], [REGION, LANES, Vector, KEYS], types.int64)
enter_parts = PARTS.enter
ZERO = np.float32(0.0)
ONE = np.float32(1.0)
# Typed: for a literal False and True numba would compile the reads twice.
FORTH, BACK = np.bool_(False), np.bool_(True)
# Streams of an array's copies: copy number and cycle are part of the `tile` of the random numbers.
TILE_COPIES = 64
# The number of a tile within its array stands above the bits of array, copy and cycle: the first
# one of an array has the random numbers of an array that is not split.
TILE_OF_ARRAY = U(32)


@kernel
def tile_number(array, copy, cycle):
    """The tile of the keys of random numbers (uint64); cycles as in `table`."""
    return U((array * TILE_COPIES + copy) * CYCLES + cycle)


@kernel
def read_array(cycle, index, backward, block, peaks, outputs, first):
    """Read the tiles of all copies of an array: those that share its outputs are added digitally,
    the copies averaged (rpu.md 6.2: each has its own output lines).

    Args:
        cycle: records.Cycle.
        index: of the array.
        backward: read from its other side.
        block: inputs (lines, vectors), `peaks` their largest magnitude a vector.
        outputs: (columns, vectors), filled.
        first: number of the first vector (uint64), a key of its random numbers.
    """
    array = borrowed(cycle.arrays[index])
    size = array[ROWS] * array[COLUMNS]
    lines, count = block.shape
    columns = outputs.shape[0]
    physics = borrowed(cycle.physics[index])
    tiled = physics[TILED] > ZERO
    inputs = array[TILE_INPUTS] if tiled else array[COLUMNS]
    own = array[TILE_OUTPUTS] if tiled else array[ROWS]
    height, width = (own, inputs) if backward else (inputs, own)
    together = height
    if tiled:
        together = array[OUTPUTS_TOGETHER] if backward else array[INPUTS_TOGETHER]
    # Counted by its phase: a layer that reads transposed weights goes forward from their columns.
    totals = borrowed(cycle.totals[index, 1 if cycle.way > 0 else 0])
    room = cycle.room
    behind = (lines + 2 * columns + 2) * count  # what the read itself takes of the room
    counted = np.zeros((3, count), np.int32)
    repeats = counted[0]
    slowest = counted[1]
    of_tile = counted[2] if together < height else repeats
    for copy in range(array[COPIES]):
        tile = tile_number(index, copy, array[BACK_CYCLE] if backward else FORWARD_CYCLE)
        start = array[WEIGHTS] + copy * size
        weights = view_at(cycle.weights, start, (array[ROWS], array[COLUMNS]))
        part = U(0)
        for v in range(count):
            slowest[v] = 0
        for line in range(0, lines, height):
            after = min(lines, line + height)
            for column in range(0, columns, width):
                end = min(columns, column + width)
                results = borrowed(outputs[column:end])
                given = end - column
                for group in range(line, after, together):
                    stop = min(after, group + together)
                    to_add = copy > 0 or group > 0
                    target = view_at(room, behind, (given, count)) if to_add else results
                    key = tile + (part << TILE_OF_ARRAY)
                    part += U(1)
                    region = Region(weights, backward, group, column)
                    lanes = Lanes(borrowed(block[group:stop]), peaks, target, repeats)
                    totals[SATURATIONS] += read_tile(cycle, physics, region, lanes, key, first)
                    if together < height:
                        for v in range(count):
                            of_tile[v] = max(repeats[v], of_tile[v] if group > line else 0)
                    if to_add:
                        for i in range(given):
                            for v in range(count):
                                results[i, v] += target[i, v]
                for v in range(count):
                    totals[TILE_RETRIES] += of_tile[v]
                    slowest[v] = max(slowest[v], of_tile[v])
        totals[READS] += count
        for v in range(count):
            totals[RETRIES] += slowest[v]
    if array[COPIES] > 1:
        # The mean: several devices a weight lower its noise and leave its size.
        share = ONE / np.float32(array[COPIES])
        for i in range(columns):
            for v in range(count):
                outputs[i, v] *= share


@kernel
def read_tile(cycle, physics, region, lanes, tile, first):
    """Read one tile, in one conversion an output or in parts; returns its saturated outputs."""
    keys = ReadKeys(
        stream_key(cycle.seed, cycle.step, tile, READ_INPUT),
        stream_key(cycle.seed, cycle.step, tile, READ_OUTPUT),
        first,
    )
    if physics[SLOTS] > ONE or physics[CELL_BITS] > ZERO:
        return enter_parts(0, region, lanes, physics, keys)
    return read_block(region, lanes, physics, keys, ReadScratch(cycle.room, cycle.words))
