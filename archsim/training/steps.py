"""The compiled halves of a training step: both cycles of a mini-batch, the same for all devices,
and its updates, specialised for a law.

One call of each a mini-batch costs some microseconds; one call for both would compile the cycles
anew for every law.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from archsim.kernels import moves
from archsim.kernels import update_block as pulses
from archsim.kernels.compiled import kernel, template
from archsim.kernels.outer import add_products
from archsim.kernels.random import normal, uniform
from archsim.training.activity import observe
from archsim.training.loss import cross_entropy
from archsim.training.passes import backward_pass, forward_pass
from archsim.training.reads import tile_number
from archsim.training.records import Cycle
from archsim.training.table import (
    BLOCK,
    COLUMNS,
    COPIES,
    ERROR_PEAKS,
    ERRORS,
    INPUT_PEAKS,
    PLANES,
    ROWS,
    STATE,
    UPDATE_CYCLE,
    VECTORS,
    WEIGHTS,
)

U = np.uint64
ZERO, ONE = np.float32(0.0), np.float32(1.0)
SAMPLE_EVERY = 16  # images between two whose inputs are looked at closely for the measured activity
update_block = pulses.update_block  # replaced by a law's own


@kernel
def present(tables, weights, physics, batch, space, counters, seed, first_step, learn):
    """Forward cycle of the images of a mini-batch and, to `learn`, its backward cycle: inputs and
    errors of every array stay in memory (batch, values).

    Where `tables.second` has rows, target and output go back one after the other, as two errors
    whose sum is the usual one: the target's into the ERRORS of `tables.arrays`, the output's of
    `tables.second`.

    Args:
        tables, batch, space, counters: records of these names.
        weights: records.BothWays; the backward cycle may multiply with other ones.
        physics: records.BothWays of the periphery.
        seed, first_step: keys of random numbers (uint64); image b has the step first_step + b.
        learn: whether errors go back.
    """
    size, parts = batch.chosen.shape[0], 2 if tables.second.shape[0] > 0 else 1
    scores, errors = tables.scores, space.errors
    asked = batch.labels.shape[1]
    share = ONE / np.float32(size * asked)
    results = counters.results
    for b in range(size):
        image = batch.chosen[b]
        step = first_step + U(b)
        own = space.memory[b if learn else 0]
        own[: batch.images.shape[1]] = batch.images[image]
        forward = Cycle(
            tables.arrays,
            weights.forward,
            own,
            errors,
            physics.forward,
            seed,
            step,
            counters.totals,
            space.room,
            space.words,
        )
        forward_pass(tables.operations, forward)
        results[2] += 1
        for part in range(parts):
            errors[:] = ZERO
            of_target, of_output = ONE if part == 0 else ZERO, ONE if part == parts - 1 else ZERO
            for k in range(asked):
                start = scores.output + (scores.steps - asked + k) * scores.classes
                loss, best = cross_entropy(
                    own[start : start + scores.classes],
                    batch.labels[image, k],
                    share,
                    of_target,
                    of_output,
                    errors[start : start + scores.classes],
                )
                if part == 0:
                    results[0] += np.float64(loss) / asked
                    results[1] += (best != batch.labels[image, k]) / asked
            if learn:
                table = tables.arrays if part == 0 else tables.second
                backward = Cycle(
                    table,
                    weights.backward,
                    own,
                    errors,
                    physics.backward,
                    seed,
                    step,
                    counters.totals,
                    space.room,
                    space.words,
                )
                backward_pass(tables.operations, backward)
                if step % U(SAMPLE_EVERY) == U(0):
                    observe(table, own, physics.forward, physics.backward, counters.samples)


def _update(arrays, devices, trains, memory, size, seed, first_step, counts, words):
    """The updates of a mini-batch of `size` images in memory, image after image: pulses on devices,
    or (`devices.pulsed` False) digital sums. `devices` and `trains` are records of these names.
    """
    for b in range(size):
        for index in range(arrays.shape[0]):
            array = arrays[index]
            rows = array[ROWS]
            columns = array[COLUMNS]
            count = array[VECTORS]
            cells = rows * columns
            inputs = memory[b, array[BLOCK] : array[BLOCK] + columns * count]
            block = memory[b, array[ERRORS] : array[ERRORS] + rows * count]
            for copy in range(array[COPIES]):
                first = array[WEIGHTS] + copy * cells
                matrix = devices.weights[first : first + cells].reshape(rows, columns)
                if not devices.pulsed:
                    add_products(
                        matrix,
                        inputs.reshape(columns, count),
                        block.reshape(rows, count),
                        np.float32(trains.rate),
                    )
                    continue
                parts, parameters = devices.parts, devices.parameters
                held = array[STATE] + copy * cells * parts
                drawn = array[PLANES] + copy * cells * parts * parameters
                update_block(
                    matrix,
                    devices.state[held : held + cells * parts].reshape(rows, parts, columns),
                    devices.planes[drawn : drawn + cells * parts * parameters].reshape(
                        rows, parts, parameters, columns
                    ),
                    devices.law,
                    inputs.reshape(columns, count),
                    block.reshape(rows, count),
                    memory[b, array[INPUT_PEAKS] : array[INPUT_PEAKS] + count],
                    memory[b, array[ERROR_PEAKS] : array[ERROR_PEAKS] + count],
                    trains.rate,
                    devices.granularity,
                    trains.longest,
                    trains.manage_update,
                    trains.manage_length,
                    trains.deterministic,
                    devices.write_noise,
                    seed,
                    first_step + U(b),
                    tile_number(index, copy, UPDATE_CYCLE),
                    U(0),
                    counts[index],
                    devices.writes[first : first + cells].reshape(rows, columns),
                    words,
                )


@functools.cache
def update_kernel(step: Callable, aggregated: bool, paired: bool, even_noise: bool) -> Callable:
    """`_update` for the step function of a device law; flags as `kernels.update.specialise`."""
    pulses_of = moves.pulses_of_pair if paired else moves.pulses_of_single
    names = {
        "step": step,
        "AGGREGATED": aggregated,
        "PAIRED": paired,
        "draw": uniform if even_noise else normal,
        "pulses_of": pulses_of,
    }
    row, some = (template(function, **names) for function in (moves.move_row, moves.move_some))
    return template(
        _update, update_block=template(pulses.update_block, move_row=row, move_some=some)
    )
