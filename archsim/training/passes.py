"""The forward and the backward cycle of one image: a walk over a program's table. All memories are
flat; see `table`.

An image's memory holds activations first, then what layers keep and each array's block of inputs
and errors. What a layer without weights computes, and how an array's operator brings feature maps
to its lines, are kernels of `operators.compiled`, chosen by their number; these, and operations of
forms that few networks have, stand behind doors: `open_doors` has those of a network compiled.
"""

from __future__ import annotations

import numpy as np
from numba.core import types

from archsim.kernels.compiled import borrowed, kernel
from archsim.kernels.doors import Door, Vector, Whole
from archsim.kernels.read_block import find_peaks
from archsim.kernels.turns import await_turn, pass_turn
from archsim.kernels.views import view_at
from archsim.operators.compiled import BACKWARD as RUN_BACKWARD
from archsim.operators.compiled import FORWARD as RUN_FORWARD
from archsim.operators.compiled import (
    GATHER,
    LAYER_BACKWARD,
    LAYER_FORWARD,
    SCATTER,
    STEP_BACKWARD,
    STEP_FORWARD,
)
from archsim.operators.windows import WINDOW_NUMBERS
from archsim.training.digital_biases import add_biases
from archsim.training.kinds import CYCLE
from archsim.training.layers import layer_backward, layer_forward
from archsim.training.reads import BACK as READ_BACK
from archsim.training.reads import FORTH as READ_FORTH
from archsim.training.reads import read_array
from archsim.training.recurrent import recurrent_backward, recurrent_forward
from archsim.training.shared_reads import shared_backward, shared_forward
from archsim.training.stored_values import store_map, store_outputs
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
    ON_ARRAY,
    OUTPUT,
    OUTPUT_SIZE,
    RECURRENT,
    ROWS,
    SHARED,
    VECTORS,
    WINDOW,
    WORDS,
)

U = np.uint64
ONE = np.float32(1.0)
# Operations of these forms, which follow each other, by their number behind a door of each way.
FORMS = (RECURRENT, LAYER, SHARED)
_ARGUMENTS = [Whole, CYCLE, Vector, Vector, types.int64]
FORTH_BY_FORM = Door(
    "forth_by_form",
    [lambda: recurrent_forward, lambda: layer_forward, lambda: shared_forward],
    _ARGUMENTS,
)
BACK_BY_FORM = Door(
    "back_by_form",
    [lambda: recurrent_backward, lambda: layer_backward, lambda: shared_backward],
    _ARGUMENTS,
)
run_forward, run_backward = RUN_FORWARD.enter, RUN_BACKWARD.enter
gather, scatter = GATHER.enter, SCATTER.enter
go_forth, go_back = FORTH_BY_FORM.enter, BACK_BY_FORM.enter


DOORS = {
    RECURRENT: (STEP_FORWARD, STEP_BACKWARD),
    ON_ARRAY: (GATHER, SCATTER),
    SHARED: (GATHER, SCATTER),
    DIGITAL: (RUN_FORWARD, RUN_BACKWARD),
    LAYER: (LAYER_FORWARD, LAYER_BACKWARD),
}
"""By form of an operation the doors of its kernels, there and back."""


def open_doors(operations: np.ndarray) -> None:
    """Have the kernels compiled that the operations of a program (n, FIELDS) need."""
    for row in operations:
        number = int(row[KERNEL])
        if row[FORM] in FORMS:
            FORTH_BY_FORM.open(FORMS.index(row[FORM]))
            BACK_BY_FORM.open(FORMS.index(row[FORM]))
        for door in DOORS.get(int(row[FORM]), ()):
            door.open(number)


@kernel
def forward_pass(operations, cycle):
    """Run every operation of one image whose input lies at the start of its memory.

    Args:
        operations: int64 (n, FIELDS).
        cycle: records.Cycle of the forward cycle.
    """
    memory = cycle.memory
    for index in range(operations.shape[0]):
        row = borrowed(operations[index])
        inputs = view_at(memory, row[INPUT], (row[INPUT_SIZE],))
        outputs = view_at(memory, row[OUTPUT], (row[OUTPUT_SIZE],))
        if row[FORM] == DIGITAL:
            kept = view_at(memory, row[KEPT], (row[KEPT_SIZE],))
            window = view_at(row, WINDOW, (WINDOW_NUMBERS,))
            run_forward(row[KERNEL], inputs, outputs, window, kept)
        elif row[FORM] == ON_ARRAY:
            array_forward(row, cycle, inputs, outputs)
        else:
            # One call for all: machine code takes the cycle apart at each.
            go_forth(row[FORM] - FORMS[0], row, cycle, inputs, outputs, index)
            if row[FORM] == RECURRENT:
                continue
        await_turn(cycle.turns, index, cycle.way, cycle.image)
        store_outputs(row, outputs, memory, cycle, index)
        pass_turn(cycle.turns, index, cycle.way, cycle.image)


@kernel
def array_forward(row, cycle, inputs, outputs):
    """Read an array for all vectors of an image: gather its inputs, keep them with their peaks."""
    array = borrowed(cycle.arrays[row[ARRAY]])
    rows = array[ROWS]
    columns = array[COLUMNS]
    count = array[VECTORS]
    memory = cycle.memory
    end = array[BLOCK] + columns * count
    block = view_at(memory, array[BLOCK], (columns, count))
    peaks = view_at(memory, array[INPUT_PEAKS], (count,))
    gather(row[KERNEL], inputs, view_at(row, WINDOW, (WINDOW_NUMBERS,)), block)
    always_on = array[BIAS] > 0 or array[WORDS] >= 0
    first = end - count if array[BIAS] > 0 else end
    for v in range(first, first + count if always_on else first):
        memory[v] = ONE
    find_peaks(block, peaks)
    results = view_at(outputs, 0, (rows, count))
    if row[BY_VECTOR] > 0:
        # The room of the errors is free until the backward cycle.
        results = view_at(memory, array[ERRORS], (rows, count))
    read_array(cycle, row[ARRAY], READ_FORTH, block, peaks, results, U(0))
    add_biases(cycle.biases, array[WORDS], results)
    if row[BY_VECTOR] > 0:
        for v in range(count):
            for i in range(rows):
                outputs[v * rows + i] = results[i, v]


@kernel
def backward_pass(operations, cycle):
    """From the errors of the scores to those of every array's outputs (its ERRORS block and
    ERROR_PEAKS).

    Args:
        operations: int64 (n, FIELDS).
        cycle: records.Cycle of the backward cycle; its errors are those of the activations.
    """
    memory = cycle.memory
    errors = cycle.errors
    for index in range(operations.shape[0] - 1, -1, -1):
        row = borrowed(operations[index])
        input_errors = view_at(errors, row[INPUT], (row[INPUT_SIZE],))
        output_errors = view_at(errors, row[OUTPUT], (row[OUTPUT_SIZE],))
        digital = row[FORM] == DIGITAL or row[FORM] == LAYER
        if not digital or row[BACKWARD] > 0:
            await_turn(cycle.turns, index, cycle.way, cycle.image)
            store_map(output_errors, cycle, index, U(0))
            if row[FORM] != LAYER:
                pass_turn(cycle.turns, index, cycle.way, cycle.image)
        if row[FORM] == ON_ARRAY:
            array_backward(row, cycle, output_errors, input_errors)
        elif not digital or (row[FORM] == LAYER and row[BACKWARD] > 0):
            go_back(row[FORM] - FORMS[0], row, cycle, output_errors, input_errors, index)
        elif row[BACKWARD] > 0:
            run_backward(
                row[KERNEL],
                view_at(memory, row[INPUT], (row[INPUT_SIZE],)),
                view_at(memory, row[OUTPUT], (row[OUTPUT_SIZE],)),
                view_at(memory, row[KEPT], (row[KEPT_SIZE],)),
                output_errors,
                input_errors,
                view_at(row, WINDOW, (WINDOW_NUMBERS,)),
            )


@kernel
def array_backward(row, cycle, output_errors, input_errors):
    """Keep an array's output errors with their peaks for the update; read it back where a layer
    below needs its input errors.
    """
    array = borrowed(cycle.arrays[row[ARRAY]])
    rows = array[ROWS]
    count = array[VECTORS]
    memory = cycle.memory
    block = view_at(memory, array[ERRORS], (rows, count))
    peaks = view_at(memory, array[ERROR_PEAKS], (count,))
    if row[BY_VECTOR] > 0:
        for v in range(count):
            for i in range(rows):
                block[i, v] = output_errors[v * rows + i]
    else:
        flat = view_at(memory, array[ERRORS], (rows * count,))
        for k in range(rows * count):
            flat[k] = output_errors[k]
    find_peaks(block, peaks)
    # The first layer: its update needs the errors at its outputs, nobody those at its inputs.
    if row[BACKWARD] == 0:
        return
    features = array[COLUMNS] - array[BIAS]  # nobody asks for the error of the bias line
    first = (rows + 3 * features + 2) * count  # behind what the read itself takes
    below = view_at(cycle.room, first, (features, count))
    read_array(cycle, row[ARRAY], READ_BACK, block, peaks, below, U(0))
    scatter(row[KERNEL], below, view_at(row, WINDOW, (WINDOW_NUMBERS,)), input_errors)
