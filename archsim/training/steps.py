"""The compiled halves of a training step: both cycles of a mini-batch, the same for all devices,
and its updates, specialised for a law.

One call of each a mini-batch costs 7 us; one call for both would compile the cycles anew for every
law.
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
from archsim.operators.pointwise_kernels import cross_entropy
from archsim.training.activity import observe
from archsim.training.passes import backward_pass, forward_pass, tile_number
from archsim.training.program import (
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
def present(
    operations,
    arrays,
    second,
    weights,
    backward_weights,
    memory,
    errors,
    images,
    labels,
    chosen,
    learn,
    output,
    steps,
    classes,
    forward_physics,
    backward_physics,
    seed,
    first_step,
    totals,
    samples,
    results,
    room,
    words,
):
    """Forward cycle of images[chosen] and, to `learn`, the backward cycle of this mini-batch:
    inputs and errors of every array stay in memory (batch, values). The backward cycle multiplies
    with `backward_weights`. results float64: loss, wrong answers (means over an image's labels) and
    images. Image number b of the call draws its random numbers from step first_step + b. Where
    `second` (see Program.second_arrays) has rows, target and output go back one after the other, as
    two errors whose sum is the usual one: the target's into the ERRORS of `arrays`, the output's of
    `second`.
    """
    size, parts = chosen.shape[0], 2 if second.shape[0] > 0 else 1
    for b in range(size):
        image = chosen[b]
        step = first_step + U(b)
        own = memory[b if learn else 0]
        own[: images.shape[1]] = images[image]
        forward_pass(
            operations, arrays, weights, own, forward_physics, seed, step, totals, room, words
        )
        asked = labels.shape[1]
        share = ONE / np.float32(size * asked)
        results[2] += 1
        for part in range(parts):
            errors[:] = ZERO
            of_target, of_output = ONE if part == 0 else ZERO, ONE if part == parts - 1 else ZERO
            for k in range(asked):
                place = output + (steps - asked + k) * classes
                loss, best = cross_entropy(
                    own[place : place + classes],
                    labels[image, k],
                    share,
                    of_target,
                    of_output,
                    errors[place : place + classes],
                )
                if part == 0:
                    results[0] += np.float64(loss) / asked
                    results[1] += (best != labels[image, k]) / asked
            if learn:
                table = arrays if part == 0 else second
                backward_pass(
                    operations,
                    table,
                    backward_weights,
                    own,
                    errors,
                    backward_physics,
                    seed,
                    step,
                    totals,
                    room,
                    words,
                )
                if step % U(SAMPLE_EVERY) == U(0):
                    observe(table, own, forward_physics, backward_physics, samples)


def _update(
    arrays,
    weights,
    state,
    planes,
    law,
    memory,
    size,
    pulsed,
    parts,
    parameters,
    rate,
    granularity,
    longest,
    manage_update,
    manage_length,
    deterministic,
    write_noise,
    seed,
    first_step,
    counts,
    writes,
    words,
):
    """The updates of a mini-batch of `size` images in memory, image after image: pulses on devices,
    or (`pulsed` False) digital sums.
    """
    for b in range(size):
        for index in range(arrays.shape[0]):
            array = arrays[index]
            rows = array[ROWS]
            columns = array[COLUMNS]
            count = array[VECTORS]
            size_of = rows * columns
            inputs = memory[b, array[BLOCK] : array[BLOCK] + columns * count].reshape(
                columns, count
            )
            block = memory[b, array[ERRORS] : array[ERRORS] + rows * count].reshape(rows, count)
            input_peaks = memory[b, array[INPUT_PEAKS] : array[INPUT_PEAKS] + count]
            error_peaks = memory[b, array[ERROR_PEAKS] : array[ERROR_PEAKS] + count]
            for copy in range(array[COPIES]):
                place = array[WEIGHTS] + copy * size_of
                matrix = weights[place : place + size_of].reshape(rows, columns)
                if not pulsed:
                    add_products(matrix, inputs, block, np.float32(rate))
                    continue
                held = array[STATE] + copy * size_of * parts
                drawn = array[PLANES] + copy * size_of * parts * parameters
                update_block(
                    matrix,
                    state[held : held + size_of * parts].reshape(rows, parts, columns),
                    planes[drawn : drawn + size_of * parts * parameters].reshape(
                        rows, parts, parameters, columns
                    ),
                    law,
                    inputs,
                    block,
                    input_peaks,
                    error_peaks,
                    rate,
                    granularity,
                    longest,
                    manage_update,
                    manage_length,
                    deterministic,
                    write_noise,
                    seed,
                    first_step + U(b),
                    tile_number(index, copy, UPDATE_CYCLE),
                    U(0),
                    counts[index],
                    writes[place : place + size_of].reshape(rows, columns),
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
