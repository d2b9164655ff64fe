"""The compiled updates of a training step, specialised for a device law; the cycles before them are
in `cycles`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
from numba.core import types

from archsim.kernels import update_block as pulses
from archsim.kernels.compiled import borrowed, template
from archsim.kernels.doors import Block, Door
from archsim.kernels.generators import Generators
from archsim.kernels.outer import add_products
from archsim.kernels.records import Cells, Draws, Tally, Trains, Vectors
from archsim.kernels.views import view_at
from archsim.training.reads import tile_number
from archsim.training.records import Devices, MiniBatch, StepKeys
from archsim.training.table import (
    BLOCK,
    COLUMNS,
    COPIES,
    ERROR_PEAKS,
    ERRORS,
    FROZEN,
    INPUT_PEAKS,
    PLANE_ROWS,
    PLANES,
    ROWS,
    STATE,
    UPDATE_CYCLE,
    VECTORS,
    WEIGHTS,
)

U = np.uint64
update_block = pulses.update_block  # replaced by a law's own
# Pulses need no products, products no pulses.
PRODUCTS = Door("add_products", [lambda: add_products], [Block, Block, Block, types.float32])
enter_products = PRODUCTS.enter


def _update(devices, trains, batch, keys, counts):
    """The updates of a mini-batch, image after image: pulses on devices, or (`pulsed` False)
    digital sums. Of one array only where the batch names it: arrays do not meet.

    Args: each a record as a plain tuple, whose type costs less to tell (see `records`).
        devices: `Devices` of all arrays.
        trains: `Trains` with the granularity of each array, and generators with a state for each
            copy of an array (or one for all).
        batch: `MiniBatch`, what the arrays met of the mini-batch.
        keys: `StepKeys`.
        counts: float64 (arrays, 6) of the update, added to.
    """
    devices = borrowed(Devices(*devices))
    trains = borrowed(Trains(*trains))
    generators = Generators(*trains.generators)
    batch = borrowed(MiniBatch(*batch))
    counts = borrowed(counts)
    keys = StepKeys(*keys)
    parts = devices.parts
    parameters = devices.parameters
    for b in range(batch.size):
        memory = batch.memory[b]
        generator = -1
        for index in range(batch.arrays.shape[0]):
            array = batch.arrays[index]
            rows = array[ROWS]
            columns = array[COLUMNS]
            count = array[VECTORS]
            if array[FROZEN] > 0 or (batch.only >= 0 and index != batch.only):
                last = generators.state.shape[0] - 1
                generator = min(generator + array[COPIES], last)
                continue
            cells = rows * columns
            inputs = view_at(memory, array[BLOCK], (columns, count))
            errors = view_at(memory, array[ERRORS], (rows, count))
            for copy in range(array[COPIES]):
                first = array[WEIGHTS] + copy * cells
                generator += generator + 1 < generators.state.shape[0]
                matrix = view_at(devices.weights, first, (rows, columns))
                if not devices.pulsed:
                    enter_products(0, matrix, inputs, errors, np.float32(trains.rate))
                    continue
                held = array[STATE] + copy * cells * parts
                planes = (array[PLANE_ROWS], parts, parameters, columns)
                drawn = array[PLANES] + copy * planes[0] * parts * parameters * columns
                update_block(
                    Cells(
                        matrix,
                        view_at(devices.state, held, (rows, parts, columns)),
                        view_at(devices.planes, drawn, planes),
                        devices.law[index],
                        devices.write_noise[index],
                    ),
                    Vectors(inputs, view_at(memory, array[INPUT_PEAKS], (count,))),
                    Vectors(errors, view_at(memory, array[ERROR_PEAKS], (count,))),
                    Trains(
                        trains.rate,
                        trains.granularity[index],
                        trains.longest,
                        trains.manage_update,
                        trains.manage_length,
                        trains.deterministic,
                        Generators(
                            generators.numbers, generators.words, generators.state[generator]
                        ),
                    ),
                    Draws(
                        keys.seed,
                        keys.first_step + U(b),
                        tile_number(index, copy, UPDATE_CYCLE),
                        U(0),
                    ),
                    Tally(counts[index], view_at(devices.writes, first, (rows, columns))),
                    batch.words,
                )


@functools.cache
def update_kernel(
    step: Callable, aggregated: bool, paired: bool, even_noise: bool, kind: int
) -> Callable:
    """`_update` for the step function of a device law; flags as `kernels.update_block.specialise`."""
    own = pulses.specialise(
        step, aggregated=aggregated, paired=paired, even_noise=even_noise, kind=kind
    )
    return template(_update, update_block=own)
