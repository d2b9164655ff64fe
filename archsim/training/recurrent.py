"""Reads of an array that follow each other in time: the state of one is an input of the next."""

from __future__ import annotations

import numpy as np

from archsim.kernels.compiled import kernel
from archsim.kernels.read_block import find_peaks
from archsim.operators.array import lstm
from archsim.operators.compiled import compiled
from archsim.training.digital_biases import add_biases
from archsim.training.reads import BACK, FORTH, read_array
from archsim.training.stored_values import store_map
from archsim.training.table import (
    ARRAY,
    BACKWARD,
    BIAS,
    BLOCK,
    COLUMNS,
    ERROR_PEAKS,
    ERRORS,
    INPUT_PEAKS,
    KEPT,
    ROWS,
    VECTORS,
    WORDS,
)

U = np.uint64
ZERO, ONE = np.float32(0.0), np.float32(1.0)
cell_forward = compiled(lstm.cell_forward)
cell_backward = compiled(lstm.cell_backward)


@kernel
def cell_memory(row, array, memory):
    """Views of what a cell keeps of T steps with H states: gates (T, 4 H), tanh of the cell (T, H),
    cell states (T + 1, H), errors of h and c (2, H).
    """
    hidden = array[ROWS] // 4
    steps = array[VECTORS]
    start = row[KEPT]
    gates = memory[start : start + 4 * hidden * steps].reshape(steps, 4 * hidden)
    start += 4 * hidden * steps
    squashed = memory[start : start + hidden * steps].reshape(steps, hidden)
    start += hidden * steps
    cells = memory[start : start + hidden * (steps + 1)].reshape(steps + 1, hidden)
    start += hidden * (steps + 1)
    return gates, squashed, cells, memory[start : start + 2 * hidden].reshape(2, hidden)


@kernel
def recurrent_forward(row, cycle, inputs, outputs, index):
    """All time steps of operation `index`: one read a step of (x_t, h_{t-1}, 1)."""
    array = cycle.arrays[row[ARRAY]]
    memory = cycle.memory
    hidden = array[ROWS] // 4
    columns = array[COLUMNS]
    steps = array[VECTORS]
    features = columns - hidden - array[BIAS]
    end = array[BLOCK] + columns * steps
    block = memory[array[BLOCK] : end].reshape(columns, steps)
    if array[WORDS] >= 0:
        memory[end : end + steps] = ONE
    peaks = memory[array[INPUT_PEAKS] : array[INPUT_PEAKS] + steps]
    gates, squashed, cells, _ = cell_memory(row, array, memory)
    vector = np.empty((columns, 1), np.float32)
    raw = np.empty((4 * hidden, 1), np.float32)
    cells[0, :] = ZERO
    for t in range(steps):
        for k in range(features):
            vector[k, 0] = inputs[t * features + k]
        for k in range(hidden):
            vector[features + k, 0] = outputs[(t - 1) * hidden + k] if t > 0 else ZERO
        if array[BIAS] > 0:
            vector[columns - 1, 0] = ONE
        for k in range(columns):
            block[k, t] = vector[k, 0]
        find_peaks(vector, peaks[t : t + 1])
        read_array(cycle, row[ARRAY], FORTH, vector, peaks[t : t + 1], raw, U(t))
        add_biases(cycle.biases, array[WORDS], raw)
        state = outputs[t * hidden : (t + 1) * hidden]
        cell_forward(raw.reshape(-1), gates[t], squashed[t], cells[t], cells[t + 1], state)
        store_map(state, cycle, index, U(t))  # the next step reads what was stored


@kernel
def recurrent_backward(row, cycle, output_errors, input_errors):
    """Back through time: one transposed read a step, from the last to the first."""
    array = cycle.arrays[row[ARRAY]]
    memory = cycle.memory
    hidden = array[ROWS] // 4
    steps = array[VECTORS]
    features = array[COLUMNS] - hidden - array[BIAS]
    block = memory[array[ERRORS] : array[ERRORS] + 4 * hidden * steps].reshape(4 * hidden, steps)
    peaks = memory[array[ERROR_PEAKS] : array[ERROR_PEAKS] + steps]
    gates, squashed, cells, carried = cell_memory(row, array, memory)
    vector = np.empty((4 * hidden, 1), np.float32)
    raw = np.empty((features + hidden, 1), np.float32)
    carried[:, :] = ZERO
    for t in range(steps - 1, -1, -1):
        cell_backward(
            gates[t],
            squashed[t],
            cells[t],
            output_errors[t * hidden : (t + 1) * hidden],
            carried[0],
            carried[1],
            vector.reshape(-1),
        )
        for k in range(4 * hidden):
            block[k, t] = vector[k, 0]
        find_peaks(vector, peaks[t : t + 1])
        read_array(cycle, row[ARRAY], BACK, vector, peaks[t : t + 1], raw, U(t))
        for k in range(hidden):
            carried[0, k] = raw[features + k, 0]
        if row[BACKWARD] > 0:
            for k in range(features):
                input_errors[t * features + k] += raw[k, 0]
