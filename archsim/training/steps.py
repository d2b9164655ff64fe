"""Training steps and evaluation over many images in one compiled call; specialised for a device law by `training_kernel`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable

import numpy as np

from archsim.kernels import moves
from archsim.kernels.outer import add_products
from archsim.kernels.random import normal, uniform
from archsim.training import pulses
from archsim.training.activity import observe
from archsim.training.compiled import compiled, compiled_for
from archsim.training.passes import UPDATE_CYCLE, backward_pass, forward_pass, tile_number
from archsim.training.pointwise import cross_entropy
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
    VECTORS,
    WEIGHTS,
)

U = np.uint64
ZERO, ONE = np.float32(0.0), np.float32(1.0)
SAMPLE_EVERY = 16  # images between two whose inputs are looked at closely for the measured activity
update_block = pulses.update_block  # replaced by a law's own


@compiled
def present(operations, arrays, weights, memory, errors, image, labels, output, steps, classes, weight, physics, seed, step, totals, room, words):
    """Forward pass of one image and the error of its scores. Returns the loss and the number of wrong answers, both means over its labels."""
    memory[:image.shape[0]] = image
    forward_pass(operations, arrays, weights, memory, physics, seed, step, totals, room, words)
    errors[:] = ZERO
    loss, wrong, asked = ZERO, 0, labels.shape[0]
    for k in range(asked):
        place = output + (steps - asked + k) * classes
        one, best = cross_entropy(memory[place:place + classes], labels[k], weight / np.float32(asked), errors[place:place + classes])
        loss += one
        wrong += best != labels[k]
    return np.float64(loss) / asked, np.float64(wrong) / asked


@compiled
def present_batch(operations, arrays, weights, memory, errors, images, labels, chosen, output, steps, classes, forward_physics,
                  backward_physics, seed, first_step, totals, samples, results, room, words):
    """Forward and backward cycle of images[chosen], one mini-batch; inputs and errors of every array stay in memory (batch, values)."""
    size = chosen.shape[0]
    for b in range(size):
        image, step = chosen[b], first_step + U(b)
        loss, wrong = present(operations, arrays, weights, memory[b], errors, images[image], labels[image], output, steps, classes,
                              ONE / np.float32(size), forward_physics, seed, step, totals, room, words)
        backward_pass(operations, arrays, weights, memory[b], errors, backward_physics, seed, step, totals, room, words)
        results[0] += loss
        results[1] += wrong
        results[2] += 1
        if step % U(SAMPLE_EVERY) == U(0):
            observe(arrays, memory[b], forward_physics, backward_physics, samples)


def _train(operations, arrays, weights, state, planes, law, memory, errors, images, labels, order, batch, output, steps, classes,
           forward_physics, backward_physics, pulsed, rate, granularity, longest, manage_update, manage_length, deterministic, write_noise,
           seed, first_step, totals, samples, counts, writes, results, room, words):
    """Train on images[order] in mini-batches: all forward and backward passes of a batch, then its updates, image by image.

    memory (batch, memory of an image), errors (activations,); state and planes flat; results float64: loss, wrong answers, images.
    """
    parts, parameters = pulsed[1], pulsed[2]
    for start in range(0, order.shape[0], batch):
        size = min(batch, order.shape[0] - start)
        present_batch(operations, arrays, weights, memory, errors, images, labels, order[start:start + size], output, steps, classes,
                      forward_physics, backward_physics, seed, first_step + U(start), totals, samples, results, room, words)
        for b in range(size):
            step = first_step + U(start + b)
            for index in range(arrays.shape[0]):
                array = arrays[index]
                rows, columns, count = array[ROWS], array[COLUMNS], array[VECTORS]
                size_of = rows * columns
                inputs = memory[b, array[BLOCK]:array[BLOCK] + columns * count].reshape(columns, count)
                block = memory[b, array[ERRORS]:array[ERRORS] + rows * count].reshape(rows, count)
                input_peaks = memory[b, array[INPUT_PEAKS]:array[INPUT_PEAKS] + count]
                error_peaks = memory[b, array[ERROR_PEAKS]:array[ERROR_PEAKS] + count]
                for copy in range(array[COPIES]):
                    place = array[WEIGHTS] + copy * size_of
                    matrix = weights[place:place + size_of].reshape(rows, columns)
                    if pulsed[0] == 0:
                        add_products(matrix, inputs, block, np.float32(rate))
                        continue
                    held = array[STATE] + copy * size_of * parts
                    drawn = array[PLANES] + copy * size_of * parts * parameters
                    update_block(matrix, state[held:held + size_of * parts].reshape(rows, parts, columns),
                                 planes[drawn:drawn + size_of * parts * parameters].reshape(rows, parts, parameters, columns), law, inputs,
                                 block, input_peaks, error_peaks, rate, granularity, longest, manage_update, manage_length, deterministic,
                                 write_noise, seed, step, tile_number(index, copy, UPDATE_CYCLE), U(0), counts[index],
                                 writes[place:place + size_of].reshape(rows, columns), words)


@compiled
def evaluate(operations, arrays, weights, memory, errors, images, labels, output, steps, classes, physics, seed, first_step, totals, results,
             room, words):
    """Forward passes only; results float64: loss, wrong answers, images. Numbers are keyed by first_step + image."""
    for image in range(images.shape[0]):
        loss, wrong = present(operations, arrays, weights, memory, errors, images[image], labels[image], output, steps, classes, ONE, physics,
                              seed, first_step + U(image), totals, room, words)
        results[0] += loss
        results[1] += wrong
        results[2] += 1


@functools.cache
def training_kernel(step: Callable, aggregated: bool, paired: bool, even_noise: bool) -> Callable:
    """`_train` for the step function of a device law; flags as `kernels.update.specialise`."""
    law = inspect.getsourcefile(step), f"{step.__qualname__} {aggregated} {paired} {even_noise}"
    pulses_of = moves.pulses_of_pair if paired else moves.pulses_of_single
    names = {"step": step, "AGGREGATED": aggregated, "PAIRED": paired, "draw": uniform if even_noise else normal, "pulses_of": pulses_of}
    row, some = (compiled_for(function, *law, **names) for function in (moves.move_row, moves.move_some))
    return compiled_for(_train, *law, update_block=compiled_for(pulses.update_block, *law, move_row=row, move_some=some))
