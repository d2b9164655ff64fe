"""The forward and the backward cycle of one image: a walk over a program's table. All memories are
flat; see `table`.

An image's memory holds activations first, then what layers keep and each array's block of inputs
and errors. What a layer without weights computes, and how an array's operator brings feature maps
to its lines, are kernels of `operators.compiled`, chosen by their number. Layer kernels (`layers`)
are compiled with the passes of a network that has them, and with no other.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from archsim.kernels.compiled import kernel, template
from archsim.kernels.read_block import find_peaks
from archsim.operators.compiled import gather, run_backward, run_forward, scatter
from archsim.training.digital_biases import add_biases
from archsim.training.layers import layer_backward_of, layer_forward_of
from archsim.training.reads import BACK, FORTH, read_array
from archsim.training.recurrent import recurrent_backward, recurrent_forward
from archsim.training.stored_values import store_map
from archsim.training.table import (
    ARRAY,
    BACKWARD,
    BIAS,
    BLOCK,
    BY_VECTOR,
    COLUMNS,
    DIGITAL,
    ERROR_PEAKS,
    ERRORS,
    FORM,
    INPUT,
    INPUT_PEAKS,
    INPUT_SIZE,
    KEPT,
    KEPT_SIZE,
    KERNEL,
    LAYER,
    OUTPUT,
    OUTPUT_SIZE,
    RECURRENT,
    ROWS,
    VECTORS,
    WINDOW,
    WORDS,
)

U = np.uint64
ONE = np.float32(1.0)


def forward_pass(operations, cycle):
    """Run every operation of one image whose input lies at the start of its memory.

    Args:
        operations: int64 (n, FIELDS).
        cycle: records.Cycle of the forward cycle.
    """
    memory = cycle.memory
    for index in range(operations.shape[0]):
        row = operations[index]
        inputs = memory[row[INPUT] : row[INPUT] + row[INPUT_SIZE]]
        outputs = memory[row[OUTPUT] : row[OUTPUT] + row[OUTPUT_SIZE]]
        if row[FORM] == DIGITAL:
            kept = memory[row[KEPT] : row[KEPT] + row[KEPT_SIZE]]
            run_forward(row[KERNEL], inputs, outputs, row[WINDOW:], kept)
        elif row[FORM] == RECURRENT:
            recurrent_forward(row, cycle, inputs, outputs, index)
            continue
        elif row[FORM] == LAYER:
            layer_forward(row, cycle, inputs, outputs, index)  # noqa: F821
        else:
            array_forward(row, cycle, inputs, outputs)
        store_map(outputs, cycle, index, U(0))


@kernel
def array_forward(row, cycle, inputs, outputs):
    """Read an array for all vectors of an image: gather its inputs, keep them with their peaks."""
    array = cycle.arrays[row[ARRAY]]
    rows = array[ROWS]
    columns = array[COLUMNS]
    count = array[VECTORS]
    memory = cycle.memory
    end = array[BLOCK] + columns * count
    block = memory[array[BLOCK] : end].reshape(columns, count)
    peaks = memory[array[INPUT_PEAKS] : array[INPUT_PEAKS] + count]
    gather(row[KERNEL], inputs, row[WINDOW:], block)
    if array[BIAS] > 0:
        block[columns - 1, :] = ONE
    if array[WORDS] >= 0:
        memory[end : end + count] = ONE
    find_peaks(block, peaks)
    if row[BY_VECTOR] == 0:
        results = outputs.reshape(rows, count)
        read_array(cycle, row[ARRAY], FORTH, block, peaks, results, U(0))
        add_biases(cycle.biases, array[WORDS], results)
        return
    # The room of the errors is free until the backward cycle.
    raw = memory[array[ERRORS] : array[ERRORS] + rows * count].reshape(rows, count)
    read_array(cycle, row[ARRAY], FORTH, block, peaks, raw, U(0))
    add_biases(cycle.biases, array[WORDS], raw)
    for v in range(count):
        for i in range(rows):
            outputs[v * rows + i] = raw[i, v]


def backward_pass(operations, cycle):
    """From the errors of the scores to those of every array's outputs (its ERRORS block and
    ERROR_PEAKS).

    Args:
        operations: int64 (n, FIELDS).
        cycle: records.Cycle of the backward cycle; its errors are those of the activations.
    """
    memory, errors = cycle.memory, cycle.errors
    for index in range(operations.shape[0] - 1, -1, -1):
        row = operations[index]
        input_errors = errors[row[INPUT] : row[INPUT] + row[INPUT_SIZE]]
        output_errors = errors[row[OUTPUT] : row[OUTPUT] + row[OUTPUT_SIZE]]
        digital = row[FORM] == DIGITAL or row[FORM] == LAYER
        if not digital or row[BACKWARD] > 0:
            store_map(output_errors, cycle, index, U(0))
        if row[FORM] == RECURRENT:
            recurrent_backward(row, cycle, output_errors, input_errors)
        elif row[FORM] == LAYER:
            if row[BACKWARD] > 0:
                layer_backward(row, cycle, output_errors, input_errors, index)  # noqa: F821
        elif row[FORM] != DIGITAL:
            array_backward(row, cycle, output_errors, input_errors)
        elif row[BACKWARD] > 0:
            run_backward(
                row[KERNEL],
                memory[row[INPUT] : row[INPUT] + row[INPUT_SIZE]],
                memory[row[OUTPUT] : row[OUTPUT] + row[OUTPUT_SIZE]],
                memory[row[KEPT] : row[KEPT] + row[KEPT_SIZE]],
                output_errors,
                input_errors,
                row[WINDOW:],
            )


@kernel
def array_backward(row, cycle, output_errors, input_errors):
    """Keep an array's output errors with their peaks for the update; read it back where a layer
    below needs its input errors.
    """
    array = cycle.arrays[row[ARRAY]]
    rows = array[ROWS]
    count = array[VECTORS]
    memory = cycle.memory
    block = memory[array[ERRORS] : array[ERRORS] + rows * count].reshape(rows, count)
    peaks = memory[array[ERROR_PEAKS] : array[ERROR_PEAKS] + count]
    if row[BY_VECTOR] > 0:
        for v in range(count):
            for i in range(rows):
                block[i, v] = output_errors[v * rows + i]
    else:
        block.reshape(-1)[:] = output_errors
    find_peaks(block, peaks)
    # The first layer: its update needs the errors at its outputs, nobody those at its inputs.
    if row[BACKWARD] == 0:
        return
    features = array[COLUMNS] - array[BIAS]  # nobody asks for the error of the bias line
    first = (rows + 3 * features + 2) * count  # behind what the read itself takes
    below = cycle.room[first : first + features * count].reshape(features, count)
    read_array(cycle, row[ARRAY], BACK, block, peaks, below, U(0))
    scatter(row[KERNEL], below, row[WINDOW:], input_errors)


@functools.cache
def forward_of(kernels: tuple[int, ...]) -> Callable:
    """`forward_pass` for networks with layer kernels of these numbers."""
    return template(forward_pass, layer_forward=layer_forward_of(kernels))


@functools.cache
def backward_of(kernels: tuple[int, ...]) -> Callable:
    """`backward_pass` for networks with layer kernels of these numbers."""
    return template(backward_pass, layer_backward=layer_backward_of(kernels))
