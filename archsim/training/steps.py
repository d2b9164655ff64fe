"""The compiled halves of a training step: both cycles of a mini-batch, the same for all devices,
and its updates, specialised for a law.

One call of each a mini-batch costs some microseconds; one call for both would compile the cycles
anew for every law.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from archsim.kernels import update_block as pulses
from archsim.kernels.compiled import borrowed, kernel, template
from archsim.kernels.generators import Generators
from archsim.kernels.outer import add_products
from archsim.kernels.records import Cells, Draws, Tally, Trains, Vectors
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
def present(
    operations,
    arrays,
    second,
    output,
    steps,
    classes,
    forward_weights,
    backward_weights,
    forward_physics,
    backward_physics,
    images,
    labels,
    chosen,
    memory,
    errors,
    room,
    words,
    totals,
    samples,
    results,
    scales,
    form,
    seed,
    first_step,
    learn,
):
    """Forward cycle of the images of a mini-batch and, to `learn`, its backward cycle: inputs and
    errors of every array stay in memory (batch, values).

    Where `second` has rows, target and output go back one after the other, as two errors whose sum
    is the usual one: the target's into the ERRORS of `arrays`, the output's of `second`.

    Args: the fields of records.Tables, of records.BothWays for weights (the backward cycle may
    multiply with other ones) and for the periphery; images float32 (N, values), labels int64 (N,
    answers) and the numbers of the mini-batch; the fields of records.Space, Counters and Stored; keys of
    random numbers (uint64, image b has the step first_step + b); whether errors go back.
    """
    operations = borrowed(operations)
    arrays = borrowed(arrays)
    second = borrowed(second)
    forward_weights = borrowed(forward_weights)
    backward_weights = borrowed(backward_weights)
    forward_physics = borrowed(forward_physics)
    backward_physics = borrowed(backward_physics)
    images = borrowed(images)
    labels = borrowed(labels)
    chosen = borrowed(chosen)
    memory = borrowed(memory)
    errors = borrowed(errors)
    room = borrowed(room)
    words = borrowed(words)
    totals = borrowed(totals)
    samples = borrowed(samples)
    results = borrowed(results)
    scales = borrowed(scales)
    form = borrowed(form)
    size, parts = chosen.shape[0], 2 if second.shape[0] > 0 else 1
    asked = labels.shape[1]
    share = ONE / np.float32(size * asked)
    for b in range(size):
        image = chosen[b]
        step = first_step + U(b)
        own = memory[b if learn else 0]
        own[: images.shape[1]] = images[image]
        forward = Cycle(
            arrays,
            forward_weights,
            own,
            errors,
            forward_physics,
            seed,
            step,
            totals,
            room,
            words,
            scales[0],
            form,
            learn,
            0,
        )
        forward_pass(operations, forward)
        results[2] += 1
        for part in range(parts):
            errors[:] = ZERO
            of_target, of_output = ONE if part == 0 else ZERO, ONE if part == parts - 1 else ZERO
            for k in range(asked):
                start = output + (steps - asked + k) * classes
                loss, best = cross_entropy(
                    own[start : start + classes],
                    labels[image, k],
                    share,
                    of_target,
                    of_output,
                    errors[start : start + classes],
                )
                if part == 0:
                    results[0] += np.float64(loss) / asked
                    results[1] += (best != labels[image, k]) / asked
            if learn:
                table = arrays if part == 0 else second
                backward = Cycle(
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
                    scales[1 + part],
                    form,
                    learn,
                    1 + part,
                )
                backward_pass(operations, backward)
                if step % U(SAMPLE_EVERY) == U(0):
                    observe(table, own, forward_physics, backward_physics, samples)


def _update(
    weights,
    state,
    planes,
    writes,
    law,
    parts,
    parameters,
    write_noise,
    pulsed,
    rate,
    granularity,
    longest,
    manage_update,
    manage_length,
    deterministic,
    numbers,
    train_words,
    states,
    arrays,
    memory,
    size,
    seed,
    first_step,
    counts,
    words,
):
    """The updates of a mini-batch of `size` images in memory, image after image: pulses on devices,
    or (`pulsed` False) digital sums. Args: the fields of records.Devices, of kernels.records.Trains
    and its generators with a state for each copy of an array (or one for all), the table of the
    arrays, the images' memory, keys of random numbers, counts of the update, scratch.
    """
    weights = borrowed(weights)
    state = borrowed(state)
    planes = borrowed(planes)
    writes = borrowed(writes)
    law = borrowed(law)
    write_noise = borrowed(write_noise)
    granularity = borrowed(granularity)
    arrays = borrowed(arrays)
    memory = borrowed(memory)
    counts = borrowed(counts)
    words = borrowed(words)
    numbers = borrowed(numbers)
    train_words = borrowed(train_words)
    states = borrowed(states)
    for b in range(size):
        generator = -1
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
                generator += generator + 1 < states.shape[0]
                matrix = weights[first : first + cells].reshape(rows, columns)
                if not pulsed:
                    add_products(
                        matrix,
                        inputs.reshape(columns, count),
                        block.reshape(rows, count),
                        np.float32(rate),
                    )
                    continue
                held = array[STATE] + copy * cells * parts
                drawn = array[PLANES] + copy * cells * parts * parameters
                update_block(
                    Cells(
                        matrix,
                        state[held : held + cells * parts].reshape(rows, parts, columns),
                        planes[drawn : drawn + cells * parts * parameters].reshape(
                            rows, parts, parameters, columns
                        ),
                        law[index],
                        write_noise[index],
                    ),
                    Vectors(
                        inputs.reshape(columns, count),
                        memory[b, array[INPUT_PEAKS] : array[INPUT_PEAKS] + count],
                    ),
                    Vectors(
                        block.reshape(rows, count),
                        memory[b, array[ERROR_PEAKS] : array[ERROR_PEAKS] + count],
                    ),
                    Trains(
                        rate,
                        granularity[index],
                        longest,
                        manage_update,
                        manage_length,
                        deterministic,
                        Generators(numbers, train_words, states[generator]),
                    ),
                    Draws(seed, first_step + U(b), tile_number(index, copy, UPDATE_CYCLE), U(0)),
                    Tally(counts[index], writes[first : first + cells].reshape(rows, columns)),
                    words,
                )


@functools.cache
def update_kernel(step: Callable, aggregated: bool, paired: bool, even_noise: bool) -> Callable:
    """`_update` for the step function of a device law; flags as `kernels.update.specialise`."""
    own = pulses.specialise(step, aggregated=aggregated, paired=paired, even_noise=even_noise)
    return template(_update, update_block=own)
