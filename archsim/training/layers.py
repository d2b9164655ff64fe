"""Layers without arrays that have a second operand, or keep words from image to image: their halves of
a cycle.
"""

from __future__ import annotations

import numpy as np

from archsim.kernels.compiled import kernel
from archsim.kernels.number_formats import BITS, FLOAT, WIDE, enter_words
from archsim.kernels.random import row_key, stream_key
from archsim.kernels.turns import await_last, await_turn, pass_turn
from archsim.kernels.views import view_at
from archsim.operators.compiled import LAYER_BACKWARD, LAYER_FORWARD
from archsim.operators.kernels import Back, Forth
from archsim.operators.windows import WINDOW_NUMBERS
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
run_forward, run_backward = LAYER_FORWARD.enter, LAYER_BACKWARD.enter
ZERO, ONE = np.float32(0.0), np.float32(1.0)
# Streams of the random numbers, beside those of kernels.random: of rounding, and of what layers draw.
STREAM = U(170)
DRAWN = U(171)


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
        key = row_key(stream_key(cycle.seed, cycle.step, tile, STREAM), U(quantity))
        enter_words(0, values, scale, form, np.int64(cycle.step), key, True)


@kernel
def layer_forward(row, cycle, inputs, outputs, index):
    """The way forward of operation `index`, an image's; what it keeps follows it."""
    memory = cycle.memory
    if row[FORTH] > 0:
        await_turn(cycle.turns, index, cycle.way, cycle.image)
    data = Forth(
        inputs,
        view_at(memory, row[SECOND], (row[SECOND_SIZE],)),
        outputs,
        view_at(memory, row[KEPT], (row[KEPT_SIZE],)),
        view_at(cycle.kept.values, row[DIGITALS], (row[DIGITALS_SIZE],)),
        share_of_image(cycle),
        cycle.learns,
        stream_key(cycle.seed, cycle.step, U(index * CYCLES + cycle.way), DRAWN),
    )
    run_forward(row[KERNEL], data, view_at(row, WINDOW, (WINDOW_NUMBERS,)))
    round_quantities(row, cycle, index, row[TRAINED], row[FORTH])


@kernel
def layer_backward(row, cycle, output_errors, input_errors, index):
    """The way back of operation `index`: errors of its operands, gradients of its trained words."""
    memory = cycle.memory
    errors = cycle.errors
    # Gradients of its words are sums in the order of the images.
    meets = row[TRAINED] + row[BACK] > 0
    if row[TRAINED] > 0:
        await_last(cycle.turns, index, cycle.image)
    elif not meets:
        pass_turn(cycle.turns, index, cycle.way, cycle.image)
    first = row[DIGITALS] + row[CONSTANTS]
    data = Back(
        view_at(memory, row[INPUT], (row[INPUT_SIZE],)),
        view_at(memory, row[SECOND], (row[SECOND_SIZE],)),
        view_at(memory, row[OUTPUT], (row[OUTPUT_SIZE],)),
        view_at(memory, row[KEPT], (row[KEPT_SIZE],)),
        view_at(cycle.kept.values, row[DIGITALS], (row[DIGITALS_SIZE],)),
        output_errors,
        input_errors,
        view_at(errors, row[SECOND], (row[SECOND_SIZE],)),
        view_at(cycle.kept.gradients, first, (row[TRAINED] * row[EACH],)),
        share_of_image(cycle),
        cycle.way - 1,
    )
    run_backward(row[KERNEL], data, view_at(row, WINDOW, (WINDOW_NUMBERS,)))
    own = row[TRAINED] + row[FORTH] + (cycle.way - 1) * row[BACK]
    round_quantities(row, cycle, index, own, row[BACK])
    if meets:
        pass_turn(cycle.turns, index, cycle.way, cycle.image)
