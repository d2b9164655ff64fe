"""A read of one array of a training: all its copies, averaged."""

from __future__ import annotations

import numpy as np

from archsim.kernels.compiled import kernel
from archsim.kernels.random import READ_INPUT, READ_OUTPUT, stream_key
from archsim.kernels.read_block import read_block
from archsim.training.table import BACK_CYCLE, COLUMNS, COPIES, CYCLES, FORWARD_CYCLE, ROWS, WEIGHTS

U = np.uint64
ONE = np.float32(1.0)
# Typed: for a literal False and True numba would compile the reads twice.
FORTH, BACK = np.bool_(False), np.bool_(True)
# Streams of an array's copies: copy number and cycle are part of the `tile` of the random numbers.
TILE_COPIES = 64


@kernel
def tile_number(array, copy, cycle):
    """The tile of the keys of random numbers (uint64); cycles as in `table`."""
    return U((array * TILE_COPIES + copy) * CYCLES + cycle)


@kernel
def read_array(cycle, index, backward, block, peaks, outputs, first):
    """Read all copies of an array and average their outputs (rpu.md 6.2: each has its own output
    lines).

    Args:
        cycle: records.Cycle.
        index: of the array.
        backward: read from its other side.
        block: inputs (lines, vectors), `peaks` their largest magnitude a vector.
        outputs: (columns, vectors), filled.
        first: number of the first vector (uint64), a key of its random numbers.
    """
    array = cycle.arrays[index]
    size = array[ROWS] * array[COLUMNS]
    lines = block.shape[0]
    count = block.shape[1]
    columns = outputs.shape[0]
    share = ONE / np.float32(array[COPIES])
    room = cycle.room
    spare = room[(lines + 2 * columns + 2) * count : (lines + 3 * columns + 2) * count]
    more = spare.reshape(columns, count)
    for copy in range(array[COPIES]):
        tile = tile_number(index, copy, array[BACK_CYCLE] if backward else FORWARD_CYCLE)
        start = array[WEIGHTS] + copy * size
        read_block(
            cycle.weights[start : start + size].reshape(array[ROWS], array[COLUMNS]),
            backward,
            block,
            peaks,
            outputs if copy == 0 else more,
            cycle.physics,
            stream_key(cycle.seed, cycle.step, tile, READ_INPUT),
            stream_key(cycle.seed, cycle.step, tile, READ_OUTPUT),
            first,
            cycle.totals[index, 1 if backward else 0],
            room,
            cycle.words,
        )
        if copy > 0:
            for i in range(columns):
                for v in range(count):
                    outputs[i, v] += more[i, v]
    if array[COPIES] > 1:
        for i in range(columns):
            for v in range(count):
                outputs[i, v] *= share
