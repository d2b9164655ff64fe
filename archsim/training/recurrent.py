"""Reads of an array that follow each other in time: the state of one is an input of the next.

What a step computes of what the array gave is its operator's (`RecurrentKernel`); here are the reads,
the memory of the steps and their order.
"""

from __future__ import annotations

import numpy as np

from archsim.kernels.compiled import kernel
from archsim.kernels.read_block import find_peaks
from archsim.kernels.turns import await_turn, pass_turn
from archsim.operators.compiled import STEP_BACKWARD, STEP_FORWARD
from archsim.operators.kernels import StepBack, StepForth
from archsim.training.digital_biases import add_biases
from archsim.training.reads import BACK, FORTH, read_array
from archsim.training.stored_values import store_map
from archsim.training.table import (
    ARRAY,
    BACKWARD,
    BIAS,
    BLOCK,
    COLUMNS,
    COUNT,
    ERROR_PEAKS,
    ERRORS,
    FIRST,
    INPUT_PEAKS,
    KEPT,
    KERNEL,
    OUTPUT,
    OUTPUT_SIZE,
    ROWS,
    UNBIASED,
    VECTORS,
    WINDOW,
    WORDS,
)

U = np.uint64
step_forward, step_backward = STEP_FORWARD.enter, STEP_BACKWARD.enter
ZERO, ONE = np.float32(0.0), np.float32(1.0)
# Numbers of a recurrent row, from WINDOW on: whether the array reads the features too, cells and
# kept numbers a unit (see `RecurrentKernel`), whether the last step comes first.
DRIVEN, CELLS, KEPT_EACH, REVERSE = range(4)


@kernel
def step_memory(row, steps, memory):
    """Views of what T steps with H units keep: kept (T, kept x H), cells (T + 1, cells x H), errors
    of the state (H,) and of the cells (cells x H,).
    """
    hidden = row[OUTPUT_SIZE] // steps
    each = row[WINDOW + KEPT_EACH] * hidden
    cells = row[WINDOW + CELLS] * hidden
    start = row[KEPT]
    kept = memory[start : start + each * steps].reshape(steps, each)
    start += each * steps
    states = memory[start : start + cells * (steps + 1)].reshape(steps + 1, cells)
    start += cells * (steps + 1)
    carried = memory[start : start + hidden]
    return kept, states, carried, memory[start + hidden : start + hidden + cells]


@kernel
def recurrent_forward(row, cycle, inputs, outputs, index):
    """All time steps of operation `index`: one read a step of (x_t, h_{t-1}, 1), or of (h_{t-1}, 1)."""
    array = cycle.arrays[row[ARRAY]]
    memory = cycle.memory
    columns = array[COLUMNS]
    count = array[VECTORS]
    first = row[FIRST]
    steps = row[COUNT]
    hidden = row[OUTPUT_SIZE] // steps
    features = inputs.shape[0] // steps
    driven = features if row[WINDOW + DRIVEN] > 0 else 0
    end = array[BLOCK] + columns * count
    block = memory[array[BLOCK] : end].reshape(columns, count)
    biased = row[UNBIASED] == 0
    if array[WORDS] >= 0:
        memory[end + first : end + first + steps] = ONE if biased else ZERO
    start = array[INPUT_PEAKS] + first
    peaks = memory[start : start + steps]
    kept, cells, _, _ = step_memory(row, steps, memory)
    vector = np.empty((columns, 1), np.float32)
    raw = np.empty((array[ROWS], 1), np.float32)
    state = np.zeros(hidden, np.float32)
    cells[0, :] = ZERO
    # Each step reads what the one before stored: the next image waits for all of them.
    await_turn(cycle.turns, index, cycle.way, cycle.image)
    for t in range(steps):
        at = steps - 1 - t if row[WINDOW + REVERSE] > 0 else t
        own = inputs[at * features : (at + 1) * features]
        for k in range(driven):
            vector[k, 0] = own[k]
        for k in range(hidden):
            vector[driven + k, 0] = state[k]
        if array[BIAS] > 0:
            vector[columns - 1, 0] = ONE if biased else ZERO
        for k in range(columns):
            block[k, first + t] = vector[k, 0]
        find_peaks(vector, peaks[t : t + 1])
        read_array(cycle, row[ARRAY], FORTH, vector, peaks[t : t + 1], raw, U(first + t))
        add_biases(cycle.biases, array[WORDS] if biased else -1, raw)
        after = outputs[at * hidden : (at + 1) * hidden]
        step = StepForth(raw.reshape(-1), own, state, cells[t], cells[t + 1], kept[t], after)
        step_forward(row[KERNEL], step)
        store_map(after, cycle, index, U(t))
        state = after  # the next step reads what was stored
    pass_turn(cycle.turns, index, cycle.way, cycle.image)


@kernel
def recurrent_backward(row, cycle, output_errors, input_errors, index):
    """Back through time: one transposed read a step, from the last to the first."""
    array = cycle.arrays[row[ARRAY]]
    memory = cycle.memory
    rows = array[ROWS]
    count = array[VECTORS]
    first = row[FIRST]
    steps = row[COUNT]
    hidden = row[OUTPUT_SIZE] // steps
    features = input_errors.shape[0] // steps
    driven = features if row[WINDOW + DRIVEN] > 0 else 0
    outputs = memory[row[OUTPUT] : row[OUTPUT] + row[OUTPUT_SIZE]]
    block = memory[array[ERRORS] : array[ERRORS] + rows * count].reshape(rows, count)
    peaks = memory[array[ERROR_PEAKS] + first : array[ERROR_PEAKS] + first + steps]
    kept, cells, carried, cell_errors = step_memory(row, steps, memory)
    vector = np.empty((rows, 1), np.float32)
    raw = np.empty((driven + hidden, 1), np.float32)
    errors = np.empty(hidden, np.float32)
    past = np.empty(hidden, np.float32)
    other = np.empty(features, np.float32)
    start = np.zeros(hidden, np.float32)
    carried[:] = ZERO
    cell_errors[:] = ZERO
    for t in range(steps - 1, -1, -1):
        back = row[WINDOW + REVERSE] > 0
        at = steps - 1 - t if back else t
        before = at + 1 if back else at - 1
        own = outputs[at * hidden : (at + 1) * hidden]
        state = outputs[before * hidden : (before + 1) * hidden] if t > 0 else start
        for k in range(hidden):
            # From the layers above, and from the next step in time.
            errors[k] = output_errors[at * hidden + k] + carried[k]
        step = StepBack(
            errors, state, own, cells[t], kept[t], cell_errors, vector.reshape(-1), past, other
        )
        step_backward(row[KERNEL], step)
        for k in range(rows):
            block[k, first + t] = vector[k, 0]
        find_peaks(vector, peaks[t : t + 1])
        read_array(cycle, row[ARRAY], BACK, vector, peaks[t : t + 1], raw, U(first + t))
        for k in range(hidden):
            carried[k] = raw[driven + k, 0] + past[k]
        if row[BACKWARD] > 0:
            below = input_errors[at * features : (at + 1) * features]
            for k in range(features):
                below[k] += raw[k, 0] if driven > 0 else other[k]
