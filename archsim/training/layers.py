"""Layers without arrays that have a second operand, or keep words from image to image: their halves of
a cycle.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from archsim.kernels.compiled import kernel, template
from archsim.kernels.number_formats import BITS, FLOAT, WIDE, store_words
from archsim.operators.compiled import layers_backward, layers_forward
from archsim.operators.kernels import Back, Forth
from archsim.training.table import (
    BACK,
    CONSTANTS,
    CYCLES,
    DIGITALS,
    DIGITALS_SIZE,
    EACH,
    FORTH,
    INPUT,
    INPUT_SIZE,
    KEPT,
    KEPT_SIZE,
    KERNEL,
    OUTPUT,
    OUTPUT_SIZE,
    SCALE,
    SECOND,
    SECOND_SIZE,
    TRAINED,
    WINDOW,
)

U = np.uint64
ZERO, ONE = np.float32(0.0), np.float32(1.0)
STREAM = U(170)  # stream of the random numbers, beside those of kernels.random


@kernel
def share_of_image(cycle):
    """The share of an image in running means: of so many images, or of all so far and the first
    values where those are fewer; 0: a test, which changes nothing.
    """
    if not cycle.follows:
        return ZERO
    # Step numbers begin with 0, and the first values of the words count as one image.
    return max(ONE / np.float32(cycle.kept.images), ONE / np.float32(cycle.step + U(2)))


@kernel
def round_quantities(row, cycle, index, first, count):
    """Round quantities `first` … first + count - 1 of a layer to words, each by its own scale."""
    kept = cycle.kept
    form = kept.form
    if not cycle.follows or (form[BITS] == 0 and form[FLOAT] == WIDE):
        return
    each = row[EACH]
    tile = U(index * CYCLES + cycle.way)
    for quantity in range(first, first + count):
        start = row[DIGITALS] + row[CONSTANTS] + quantity * each
        values = kept.values[start : start + each]
        scale = kept.scales[row[SCALE] + quantity]
        store_words(values, scale, form, cycle.step, cycle.seed, tile, STREAM, U(quantity))


def layer_forward(row, cycle, inputs, outputs, index):
    """The way forward of operation `index`, an image's; what it keeps follows it."""
    memory = cycle.memory
    data = Forth(
        inputs,
        memory[row[SECOND] : row[SECOND] + row[SECOND_SIZE]],
        outputs,
        memory[row[KEPT] : row[KEPT] + row[KEPT_SIZE]],
        cycle.kept.values[row[DIGITALS] : row[DIGITALS] + row[DIGITALS_SIZE]],
        share_of_image(cycle),
    )
    run_layer(row[KERNEL], data, row[WINDOW:])  # noqa: F821
    round_quantities(row, cycle, index, row[TRAINED], row[FORTH])


def layer_backward(row, cycle, output_errors, input_errors, index):
    """The way back of operation `index`: errors of its operands, gradients of its trained words."""
    memory, errors = cycle.memory, cycle.errors
    first = row[DIGITALS] + row[CONSTANTS]
    data = Back(
        memory[row[INPUT] : row[INPUT] + row[INPUT_SIZE]],
        memory[row[SECOND] : row[SECOND] + row[SECOND_SIZE]],
        memory[row[OUTPUT] : row[OUTPUT] + row[OUTPUT_SIZE]],
        memory[row[KEPT] : row[KEPT] + row[KEPT_SIZE]],
        cycle.kept.values[row[DIGITALS] : row[DIGITALS] + row[DIGITALS_SIZE]],
        output_errors,
        input_errors,
        errors[row[SECOND] : row[SECOND] + row[SECOND_SIZE]],
        cycle.kept.gradients[first : first + row[TRAINED] * row[EACH]],
        share_of_image(cycle),
        cycle.way - 1,
    )
    run_layer(row[KERNEL], data, row[WINDOW:])  # noqa: F821
    own = row[TRAINED] + row[FORTH] + (cycle.way - 1) * row[BACK]
    round_quantities(row, cycle, index, own, row[BACK])


@functools.cache
def layer_forward_of(kernels: tuple[int, ...]) -> Callable:
    """`layer_forward` for networks with layer kernels of these numbers."""
    return template(layer_forward, run_layer=layers_forward(kernels))


@functools.cache
def layer_backward_of(kernels: tuple[int, ...]) -> Callable:
    """`layer_backward` for networks with layer kernels of these numbers."""
    return template(layer_backward, run_layer=layers_backward(kernels))
