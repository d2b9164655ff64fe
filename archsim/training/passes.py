"""The forward and the backward cycle of one image: a walk over a program's table. All memories are
flat; see `program`.

`memory` float32 holds activations first, then each array's block of inputs and errors; `errors` the
errors of the activations.
"""

from __future__ import annotations

import numpy as np

from archsim.kernels.compiled import kernel
from archsim.kernels.random import READ_INPUT, READ_OUTPUT, stream_key
from archsim.kernels.read_block import find_peaks, read_block
from archsim.operators.lstm_kernels import cell_backward, cell_forward
from archsim.operators.pointwise_kernels import (
    apply_relu,
    apply_sigmoid,
    apply_tanh,
    back_relu,
    back_sigmoid,
    back_tanh,
)
from archsim.operators.windows_kernels import (
    gather_windows,
    pool_average,
    pool_largest,
    scatter_windows,
    unpool_largest,
)
from archsim.training.program import (
    ADD,
    ARRAY,
    AUXILIARY,
    AVERAGE_POOL,
    BACK_CYCLE,
    BACKWARD,
    BIAS,
    BLOCK,
    COLUMNS,
    CONVOLUTION,
    COPIES,
    COPY,
    CYCLES,
    ERROR_PEAKS,
    ERRORS,
    FORWARD_CYCLE,
    INPUT,
    INPUT_PEAKS,
    INPUT_SIZE,
    LINEAR,
    LSTM,
    MAX_POOL,
    OPERATOR,
    OUTPUT,
    OUTPUT_SIZE,
    RELU,
    ROWS,
    SIGMOID,
    TANH,
    VECTORS,
    WEIGHTS,
    WINDOW,
)

U = np.uint64
ZERO, ONE = np.float32(0.0), np.float32(1.0)
# Typed: for a literal False and True numba would compile the reads twice.
FORTH, BACK = np.bool_(False), np.bool_(True)
TILE_COPIES = 64  # streams of an array's copies, as the `tile` of the random numbers: copy number and cycle are part of it


@kernel
def tile_number(array, copy, cycle):
    """The tile of the keys of random numbers (uint64); cycles as in `program`."""
    return U((array * TILE_COPIES + copy) * CYCLES + cycle)


@kernel
def read_array(
    arrays,
    index,
    backward,
    weights,
    block,
    peaks,
    outputs,
    physics,
    seed,
    step,
    first,
    totals,
    room,
    words,
):
    """Read all copies of an array and average their outputs (rpu.md 6.2: each has its own output
    lines).
    """
    array = arrays[index]
    size = array[ROWS] * array[COLUMNS]
    lines = block.shape[0]
    count = block.shape[1]
    columns = outputs.shape[0]
    share = ONE / np.float32(array[COPIES])
    spare = room[(lines + 2 * columns + 2) * count : (lines + 3 * columns + 2) * count].reshape(
        columns, count
    )
    for copy in range(array[COPIES]):
        tile = tile_number(index, copy, array[BACK_CYCLE] if backward else FORWARD_CYCLE)
        place = array[WEIGHTS] + copy * size
        matrix = weights[place : place + size].reshape(array[ROWS], array[COLUMNS])
        target = outputs if copy == 0 else spare
        read_block(
            matrix,
            backward,
            block,
            peaks,
            target,
            physics,
            stream_key(seed, step, tile, READ_INPUT),
            stream_key(seed, step, tile, READ_OUTPUT),
            first,
            totals,
            room,
            words,
        )
        if copy > 0:
            for i in range(columns):
                for v in range(count):
                    outputs[i, v] += spare[i, v]
    if array[COPIES] > 1:
        for i in range(columns):
            for v in range(count):
                outputs[i, v] *= share


@kernel
def forward_pass(operations, arrays, weights, memory, physics, seed, step, totals, room, words):
    """Run every operation of one image whose input lies at the start of `memory`. totals int64
    (arrays, 2, 3).
    """
    for index in range(operations.shape[0]):
        row = operations[index]
        operator, shape = row[OPERATOR], row[WINDOW:]
        inputs = memory[row[INPUT] : row[INPUT] + row[INPUT_SIZE]]
        outputs = memory[row[OUTPUT] : row[OUTPUT] + row[OUTPUT_SIZE]]
        if operator <= LSTM:
            array = arrays[row[ARRAY]]
            rows = array[ROWS]
            columns = array[COLUMNS]
            count = array[VECTORS]
            block = memory[array[BLOCK] : array[BLOCK] + columns * count].reshape(columns, count)
            peaks = memory[array[INPUT_PEAKS] : array[INPUT_PEAKS] + count]
            total = totals[row[ARRAY], 0]
            if operator == CONVOLUTION:
                gather_windows(inputs, shape, array[BIAS] > 0, block)
                find_peaks(block, peaks)
                read_array(
                    arrays,
                    row[ARRAY],
                    FORTH,
                    weights,
                    block,
                    peaks,
                    outputs.reshape(rows, count),
                    physics,
                    seed,
                    step,
                    U(0),
                    total,
                    room,
                    words,
                )
            elif operator == LINEAR:
                features = columns - array[BIAS]
                for v in range(count):
                    for k in range(features):
                        block[k, v] = inputs[v * features + k]
                if array[BIAS] > 0:
                    block[features, :] = ONE
                find_peaks(block, peaks)
                if count == 1:
                    read_array(
                        arrays,
                        row[ARRAY],
                        FORTH,
                        weights,
                        block,
                        peaks,
                        outputs.reshape(rows, 1),
                        physics,
                        seed,
                        step,
                        U(0),
                        total,
                        room,
                        words,
                    )
                else:
                    raw = memory[array[ERRORS] : array[ERRORS] + rows * count].reshape(rows, count)
                    read_array(
                        arrays,
                        row[ARRAY],
                        FORTH,
                        weights,
                        block,
                        peaks,
                        raw,
                        physics,
                        seed,
                        step,
                        U(0),
                        total,
                        room,
                        words,
                    )
                    for v in range(count):
                        for i in range(rows):
                            outputs[v * rows + i] = raw[i, v]
            else:
                lstm_forward(
                    row,
                    arrays,
                    weights,
                    memory,
                    inputs,
                    outputs,
                    block,
                    peaks,
                    physics,
                    seed,
                    step,
                    total,
                    room,
                    words,
                )
        elif operator == TANH:
            apply_tanh(inputs, outputs)
        elif operator == SIGMOID:
            apply_sigmoid(inputs, outputs)
        elif operator == RELU:
            apply_relu(inputs, outputs)
        elif operator == MAX_POOL:
            pool_largest(
                inputs, shape, outputs, memory[row[AUXILIARY] : row[AUXILIARY] + row[OUTPUT_SIZE]]
            )
        elif operator == AVERAGE_POOL:
            pool_average(inputs, shape, outputs, False)
        elif operator == ADD:
            for k in range(outputs.shape[0]):
                outputs[k] += inputs[k]
        elif operator == COPY:
            outputs[:] = inputs


@kernel
def lstm_parts(row, array, memory):
    """Views of an LSTM's memory: gates (T, 4 H), tanh of the cell (T, H), cell states (T + 1, H),
    errors of h and c (2, H).
    """
    hidden = array[ROWS] // 4
    steps = array[VECTORS]
    place = row[AUXILIARY]
    gates = memory[place : place + 4 * hidden * steps].reshape(steps, 4 * hidden)
    place += 4 * hidden * steps
    squashed = memory[place : place + hidden * steps].reshape(steps, hidden)
    place += hidden * steps
    cells = memory[place : place + hidden * (steps + 1)].reshape(steps + 1, hidden)
    place += hidden * (steps + 1)
    return gates, squashed, cells, memory[place : place + 2 * hidden].reshape(2, hidden)


@kernel
def lstm_forward(
    row,
    arrays,
    weights,
    memory,
    inputs,
    outputs,
    block,
    peaks,
    physics,
    seed,
    step,
    total,
    room,
    words,
):
    """All time steps: one read a step of (x_t, h_{t-1}, 1)."""
    array = arrays[row[ARRAY]]
    hidden = array[ROWS] // 4
    columns = array[COLUMNS]
    steps = array[VECTORS]
    features = columns - hidden - array[BIAS]
    gates, squashed, cells, _ = lstm_parts(row, array, memory)
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
        read_array(
            arrays,
            row[ARRAY],
            FORTH,
            weights,
            vector,
            peaks[t : t + 1],
            raw,
            physics,
            seed,
            step,
            U(t),
            total,
            room,
            words,
        )
        cell_forward(
            raw.reshape(-1),
            gates[t],
            squashed[t],
            cells[t],
            cells[t + 1],
            outputs[t * hidden : (t + 1) * hidden],
        )


@kernel
def lstm_backward(
    row,
    arrays,
    weights,
    memory,
    output_errors,
    input_errors,
    block_errors,
    peaks,
    physics,
    seed,
    step,
    total,
    room,
    words,
):
    """Back through time: one transposed read a step, from the last to the first."""
    array = arrays[row[ARRAY]]
    hidden = array[ROWS] // 4
    columns = array[COLUMNS]
    steps = array[VECTORS]
    features = columns - hidden - array[BIAS]
    gates, squashed, cells, carried = lstm_parts(row, array, memory)
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
            block_errors[k, t] = vector[k, 0]
        find_peaks(vector, peaks[t : t + 1])
        read_array(
            arrays,
            row[ARRAY],
            BACK,
            weights,
            vector,
            peaks[t : t + 1],
            raw,
            physics,
            seed,
            step,
            U(t),
            total,
            room,
            words,
        )
        for k in range(hidden):
            carried[0, k] = raw[features + k, 0]
        if row[BACKWARD] > 0:
            for k in range(features):
                input_errors[t * features + k] += raw[k, 0]


@kernel
def backward_pass(
    operations, arrays, weights, memory, errors, physics, seed, step, totals, room, words
):
    """From the errors of the logits to those of every array's outputs (its ERRORS block and
    ERROR_PEAKS in `arrays`).
    """
    for index in range(operations.shape[0] - 1, -1, -1):
        row = operations[index]
        operator, shape = row[OPERATOR], row[WINDOW:]
        input_errors = errors[row[INPUT] : row[INPUT] + row[INPUT_SIZE]]
        output_errors = errors[row[OUTPUT] : row[OUTPUT] + row[OUTPUT_SIZE]]
        outputs = memory[row[OUTPUT] : row[OUTPUT] + row[OUTPUT_SIZE]]
        if operator <= LSTM:
            array = arrays[row[ARRAY]]
            rows = array[ROWS]
            columns = array[COLUMNS]
            count = array[VECTORS]
            block = memory[array[ERRORS] : array[ERRORS] + rows * count].reshape(rows, count)
            peaks = memory[array[ERROR_PEAKS] : array[ERROR_PEAKS] + count]
            total = totals[row[ARRAY], 1]
            if operator == LSTM:
                lstm_backward(
                    row,
                    arrays,
                    weights,
                    memory,
                    output_errors,
                    input_errors,
                    block,
                    peaks,
                    physics,
                    seed,
                    step,
                    total,
                    room,
                    words,
                )
                continue
            if operator == LINEAR and count > 1:
                for v in range(count):
                    for i in range(rows):
                        block[i, v] = output_errors[v * rows + i]
            else:
                block.reshape(-1)[:] = output_errors
            find_peaks(block, peaks)
            if row[BACKWARD] == 0:
                continue
            features = columns - array[BIAS]
            place = (rows + 3 * features + 2) * count
            below = room[place : place + features * count].reshape(features, count)
            read_array(
                arrays,
                row[ARRAY],
                BACK,
                weights,
                block,
                peaks,
                below,
                physics,
                seed,
                step,
                U(0),
                total,
                room,
                words,
            )
            if operator == CONVOLUTION:
                scatter_windows(below, shape, input_errors)
            else:
                for v in range(count):
                    for k in range(features):
                        input_errors[v * features + k] += below[k, v]
        elif row[BACKWARD] == 0:
            continue
        elif operator == TANH:
            back_tanh(outputs, output_errors, input_errors)
        elif operator == SIGMOID:
            back_sigmoid(outputs, output_errors, input_errors)
        elif operator == RELU:
            back_relu(outputs, output_errors, input_errors)
        elif operator == MAX_POOL:
            unpool_largest(
                output_errors,
                memory[row[AUXILIARY] : row[AUXILIARY] + row[OUTPUT_SIZE]],
                input_errors,
            )
        elif operator == AVERAGE_POOL:
            pool_average(input_errors, shape, output_errors, True)
        else:  # ADD and COPY
            for k in range(output_errors.shape[0]):
                input_errors[k] += output_errors[k]
