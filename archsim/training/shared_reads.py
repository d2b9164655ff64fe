"""Reads of an array by an operation that brings a part of its vectors: weights that several layers
share, or one layer that is called several times.

The array stands once and meets the vectors of all of them, so an update sees the sum of their outer
products. A layer that reads the transpose drives what are the outputs of the others: its inputs lie in
the array's block of errors, and its errors in that of inputs, and their product is the same.
"""

from __future__ import annotations

import numpy as np

from archsim.kernels.compiled import borrowed, kernel
from archsim.kernels.read_block import find_peaks
from archsim.kernels.views import view_at
from archsim.operators.compiled import GATHER, SCATTER
from archsim.operators.windows import WINDOW_NUMBERS
from archsim.training.digital_biases import add_biases
from archsim.training.reads import BACK, FORTH, read_array
from archsim.training.table import (
    ARRAY,
    BACKWARD,
    BIAS,
    BLOCK,
    BY_VECTOR,
    COLUMNS,
    COUNT,
    ERROR_PEAKS,
    ERRORS,
    FIRST,
    INPUT_PEAKS,
    KERNEL,
    ROWS,
    TURNED,
    UNBIASED,
    VECTORS,
    WINDOW,
    WORDS,
)

U = np.uint64
ZERO, ONE = np.float32(0.0), np.float32(1.0)
gather, scatter = GATHER.enter, SCATTER.enter


@kernel
def keep_vectors(array, first, block, memory, errors):
    """Put vectors `first` … of an array, block (lines, vectors), where the update finds them, with
    their peaks: with its errors, or with its inputs.
    """
    start = array[ERRORS] if errors else array[BLOCK]
    peaks = array[ERROR_PEAKS] if errors else array[INPUT_PEAKS]
    count = block.shape[1]
    find_peaks(block, view_at(memory, peaks + first, (count,)))
    for i in range(block.shape[0]):
        line = start + i * array[VECTORS] + first
        for v in range(count):
            memory[line + v] = block[i, v]


@kernel
def scratch_of(array, count):
    """Where the room begins that a read of `count` vectors leaves free."""
    return (4 * (array[ROWS] + array[COLUMNS]) + 2) * count


@kernel
def always_on(row, array, block, memory):
    """The line that carries the biases, on the array or beside it: on where the operation has them."""
    count = row[COUNT]
    value = ZERO if row[UNBIASED] > 0 or row[TURNED] > 0 else ONE
    if array[BIAS] > 0:
        for v in range(count):
            block[array[COLUMNS] - 1, v] = value
    if array[WORDS] >= 0:
        first = array[BLOCK] + array[COLUMNS] * array[VECTORS] + row[FIRST]
        for v in range(count):
            memory[first + v] = value


@kernel
def shared_forward(row, cycle, inputs, outputs, index):
    """The vectors of one operation through an array that others read, too."""
    array = borrowed(cycle.arrays[row[ARRAY]])
    memory = cycle.memory
    count = row[COUNT]
    first = row[FIRST]
    turned = row[TURNED] > 0
    lines = array[ROWS] if turned else array[COLUMNS]
    results = array[COLUMNS] - array[BIAS] if turned else array[ROWS]
    room = scratch_of(array, count)
    block = view_at(cycle.room, room, (lines, count))
    raw = view_at(cycle.room, room + lines * count, (results, count))
    gather(row[KERNEL], inputs, view_at(row, WINDOW, (WINDOW_NUMBERS,)), block)
    if not turned:
        always_on(row, array, block, memory)
    keep_vectors(array, first, block, memory, turned)
    start = array[ERROR_PEAKS] if turned else array[INPUT_PEAKS]
    peaks = view_at(memory, start + first, (count,))
    read_array(cycle, row[ARRAY], BACK if turned else FORTH, block, peaks, raw, U(first))
    if not turned and row[UNBIASED] == 0:
        add_biases(cycle.biases, array[WORDS], raw)
    for v in range(count):
        for i in range(results):
            outputs[v * results + i if row[BY_VECTOR] > 0 else i * count + v] = raw[i, v]


@kernel
def shared_backward(row, cycle, output_errors, input_errors, index):
    """Keep the errors of one operation's vectors for the update, and take them back where a layer
    below needs them.
    """
    array = borrowed(cycle.arrays[row[ARRAY]])
    memory = cycle.memory
    count = row[COUNT]
    first = row[FIRST]
    turned = row[TURNED] > 0
    lines = array[COLUMNS] if turned else array[ROWS]
    given = lines - array[BIAS] if turned else lines
    room = scratch_of(array, count)
    block = view_at(cycle.room, room, (lines, count))
    for v in range(count):
        for i in range(given):
            block[i, v] = output_errors[v * given + i if row[BY_VECTOR] > 0 else i * count + v]
    if turned:
        always_on(row, array, block, memory)
    keep_vectors(array, first, block, memory, not turned)
    if row[BACKWARD] == 0:
        return
    start = array[INPUT_PEAKS] if turned else array[ERROR_PEAKS]
    peaks = view_at(memory, start + first, (count,))
    results = array[ROWS] if turned else array[COLUMNS] - array[BIAS]
    below = view_at(cycle.room, room + lines * count, (results, count))
    read_array(cycle, row[ARRAY], FORTH if turned else BACK, block, peaks, below, U(first))
    scatter(row[KERNEL], below, view_at(row, WINDOW, (WINDOW_NUMBERS,)), input_errors)
