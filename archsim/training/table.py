"""The table that the compiled passes walk: its columns, and the program of a network.

One table and flat memories keep the compiled code the same for every network, and an image costs no
Python at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from archsim.operators.windows import WINDOW_NUMBERS
from archsim.training.records import Tables
from workloads.network import Network

# What runs an operation: a kernel of `operators.compiled` by itself, the reads of an array between
# two of them, reads step by step with the output of the one before, a layer kernel with a second
# operand or words of its own, or the reads of an array that other operations read, too.
DIGITAL, ON_ARRAY, RECURRENT, LAYER, SHARED = range(5)
# Columns of an operation's row. KERNEL is a number of `operators.compiled`; INPUT, OUTPUT and KEPT
# are offsets into an image's memory. KEPT: what the backward cycle needs of the forward one.
# BY_VECTOR: outputs lie vector by vector. SECOND: offset of a second operand (size 0: none). DIGITALS:
# where the words lie that a layer keeps from image to image, and how many: CONSTANTS of them never
# change, then come TRAINED, FORTH and BACK quantities of EACH words (see `kernels.LayerWords`), whose
# scales start at SCALE. FIRST, COUNT: which of the vectors of its array are those of the operation.
# TURNED: it reads the array from its outputs' side; UNBIASED: without the biases of the array. STORED:
# how what it writes lies between layers (see `operators.unrounded`); SCORES have room in KEPT. WINDOW
# starts the numbers of the window.
(
    FORM,
    KERNEL,
    INPUT,
    INPUT_SIZE,
    OUTPUT,
    OUTPUT_SIZE,
    ARRAY,
    KEPT,
    KEPT_SIZE,
    BACKWARD,
    BY_VECTOR,
    SECOND,
    SECOND_SIZE,
    DIGITALS,
    DIGITALS_SIZE,
    CONSTANTS,
    EACH,
    TRAINED,
    FORTH,
    BACK,
    SCALE,
    FIRST,
    COUNT,
    TURNED,
    UNBIASED,
    STORED,
    WINDOW,
) = range(27)
FIELDS = WINDOW + WINDOW_NUMBERS
# Columns of an array's row. BLOCK, ERRORS, PEAKS are offsets into an image's memory; WEIGHTS,
# STATE, PLANES into the arrays' memories.
# BACK_CYCLE keys the random numbers of its backward reads. TILE_INPUTS, TILE_OUTPUTS: inputs and
# outputs of the array that one tile takes; TOGETHER: of these, and of the outputs backwards, those
# that are driven and converted at a time. BIAS: whether the last line of the array is always on.
# WORDS: where the biases lie that are digital words and on no line, -1 where it has none; such an
# array's block has one row more, of ones, which the array does not read. FROZEN: no update moves it.
# PLANE_ROWS: of the planes of a copy, 1 where all its rows share them.
# TURNED_VECTORS: how many of its vectors, the last ones, come from its outputs' side: of these the
# block of errors holds the inputs, and that of inputs the errors.
(
    ROWS,
    COLUMNS,
    VECTORS,
    COPIES,
    BIAS,
    BLOCK,
    ERRORS,
    INPUT_PEAKS,
    ERROR_PEAKS,
    WEIGHTS,
    STATE,
    PLANES,
    BACK_CYCLE,
    TILE_INPUTS,
    TILE_OUTPUTS,
    WORDS,
    INPUTS_TOGETHER,
    OUTPUTS_TOGETHER,
    FROZEN,
    TURNED_VECTORS,
    PLANE_ROWS,
) = range(21)
ARRAY_FIELDS = 21
# Cycles of an array in the keys of its random numbers; the second backward cycle takes back a
# second output error.
FORWARD_CYCLE, BACKWARD_CYCLE, UPDATE_CYCLE, SECOND_BACKWARD_CYCLE = range(4)
CYCLES = 4


@dataclass(frozen=True)
class Program:
    """A network as a table.

    Args:
        network: what it was made of.
        operations: int64 (n, FIELDS), in order.
        arrays: int64 (layers on arrays, ARRAY_FIELDS).
        names: of the layer of each array; a layer in groups has one array a group, one behind
            another.
        layers: the layer of each operation.
        input_size: float32 numbers of an image.
        output: where the scores are in an image's memory: `steps` vectors of `classes`.
        steps: vectors of scores.
        classes: scores of a vector.
        activations: float32 numbers an image whose errors are kept.
        memory: float32 numbers an image needs in all.
        room: scratch float32 numbers of one thread.
        words: scratch uint64 numbers of one thread.
        biases: biases of all arrays that are digital words.
        output_errors: blocks that the errors of an array have room for, one behind another.
        first_words: float32, first values of the words that layers keep from image to image.
    """

    network: Network
    operations: np.ndarray
    arrays: np.ndarray
    names: tuple[str, ...]
    layers: tuple[str, ...]
    input_size: int
    output: int
    steps: int
    classes: int
    activations: int
    memory: int
    room: int
    words: int
    biases: int = 0
    output_errors: int = 1
    first_words: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))

    def group_of(self, index: int) -> int:
        """Which of its layer's groups array `index` holds."""
        return index - self.names.index(self.names[index])

    def tables(self, second: np.ndarray) -> Tables:
        """The program for the compiled passes, which take one output error where `second` has no
        rows.
        """
        return Tables(self.operations, self.arrays, second, self.output, self.steps, self.classes)

    def second_arrays(self) -> np.ndarray:
        """The arrays as the second of two output errors meets them: int64 (n, ARRAY_FIELDS), no
        rows where there is only one.
        """
        if self.output_errors == 1:
            return self.arrays[:0]
        table = self.arrays.copy()
        table[:, ERRORS] += table[:, ROWS] * table[:, VECTORS]
        table[:, ERROR_PEAKS] += table[:, VECTORS]
        table[:, BACK_CYCLE] = SECOND_BACKWARD_CYCLE
        return table
