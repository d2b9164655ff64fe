"""What a training runs of an operator: its kernels as plain functions, and its steps in the table
that the passes walk.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    import numpy as np


class Kernel(NamedTuple):
    """A training kernel of a layer without weights, as plain functions.

    Args:
        name: of the machine code.
        forward: (inputs, outputs, window, kept): fills `outputs` and what is `kept` for later.
        backward: (inputs, outputs, kept, errors, input_errors, window): adds to `input_errors`.
            Errors are minus the gradient of the loss.
        elementwise: the two are value(x) and back(error, x, y) of one element instead.
        settings: names and values, off their defaults, of the layers that it computes.
    """

    name: str
    forward: Callable[..., Any]
    backward: Callable[..., Any]
    elementwise: bool = False
    settings: tuple[tuple[str, object], ...] = ()


class ArrayKernel(NamedTuple):
    """How an array's operator brings feature maps to the lines of its array, as plain functions.

    Args:
        name: of the machine code.
        gather: (inputs, window, block): the input vectors, one a column of `block`.
        scatter: (block, window, input_errors): the transpose of `gather`, added.
    """

    name: str
    gather: Callable[..., Any]
    scatter: Callable[..., Any]


class RecurrentKernel(NamedTuple):
    """What a recurrent layer does after each read of its array, as plain functions.

    Args:
        name: of the machine code.
        forward: (`StepForth`): the state after the step.
        backward: (`StepBack`): the errors of what the array gave and of what it had.
        driven: whether the features of a step are inputs of its array, before the state.
        cells: numbers a unit that pass from step to step beside the state that the array reads.
        kept: numbers a unit and step that the way back needs.
    """

    name: str
    forward: Callable[..., Any]
    backward: Callable[..., Any]
    driven: bool = True
    cells: int = 0
    kept: int = 0


class StepForth(NamedTuple):
    """One step forward of a recurrent layer with H units, float32 arrays of one image.

    Args:
        raw: what the array gave, bias included, (gates x H,).
        features: the input of the step.
        state: the output of the step before, as it was stored, (H,); zero before the first.
        cells: what passes on beside it, before the step, (cells x H,).
        next_cells: the same after the step; filled.
        kept: for the way back, (kept x H,); filled.
        outputs: the state after the step, (H,); filled.
    """

    raw: np.ndarray
    features: np.ndarray
    state: np.ndarray
    cells: np.ndarray
    next_cells: np.ndarray
    kept: np.ndarray
    outputs: np.ndarray


class StepBack(NamedTuple):
    """One step back. Errors are minus the gradient of the loss.

    Args:
        errors: of the state after the step, from above and from the step behind, (H,).
        state: the output of the step before, (H,).
        outputs: the state after the step, (H,).
        cells: before the step, (cells x H,).
        kept: by the step forward, (kept x H,).
        cell_errors: of the cells after the step; become those before it, (cells x H,).
        raw_errors: of what the array gave; filled.
        state_errors: of the state before the step other than through the array; filled.
        feature_errors: of the features other than through the array; filled where a kernel does
            not drive them.
    """

    errors: np.ndarray
    state: np.ndarray
    outputs: np.ndarray
    cells: np.ndarray
    kept: np.ndarray
    cell_errors: np.ndarray
    raw_errors: np.ndarray
    state_errors: np.ndarray
    feature_errors: np.ndarray


class LayerKernel(NamedTuple):
    """A training kernel with a second operand, or with words that a layer keeps from image to image.

    Machine code of it is made only for a network that has it.

    Args:
        name: of the machine code.
        forward: (`Forth`, window): fills its outputs and what it keeps.
        backward: (`Back`, window): adds to the errors of its operands and to its gradients.
    """

    name: str
    forward: Callable[..., Any]
    backward: Callable[..., Any]


class Forth(NamedTuple):
    """What the forward half of a `LayerKernel` works on, float32 arrays of one image.

    Args:
        first, second: values of its operands; an empty second where it has one.
        outputs: filled.
        kept: numbers that its backward half needs.
        words: of the layer, in the order of `LayerWords`.
        share: of this image in running means; 0 leaves them as they are: a test.
        learns: whether errors are taken back behind it.
        key: of the image's and the operation's own random numbers.
    """

    first: np.ndarray
    second: np.ndarray
    outputs: np.ndarray
    kept: np.ndarray
    words: np.ndarray
    share: np.float32
    learns: bool = False
    key: np.uint64 | int = 0


class Back(NamedTuple):
    """What the backward half works on. Errors are minus the gradient of the loss.

    Args:
        first, second, outputs, kept, words, share: as the forward half.
        errors: of the outputs.
        first_errors, second_errors: of the operands, added to.
        gradients: of the trained words, added to.
        part: which of the errors that an image takes back one after the other.
    """

    first: np.ndarray
    second: np.ndarray
    outputs: np.ndarray
    kept: np.ndarray
    words: np.ndarray
    errors: np.ndarray
    first_errors: np.ndarray
    second_errors: np.ndarray
    gradients: np.ndarray
    share: np.float32
    part: int


class LayerWords(NamedTuple):
    """First values of the words that a layer keeps, in their order in memory.

    Args:
        constants: one word each, never changed.
        each: words of every quantity that follows.
        trained: of each trained quantity, which an optimiser moves after a mini-batch.
        forth: of each quantity that the forward half changes.
        back: of each that the backward half changes, for each error that an image takes back.
    """

    constants: tuple[float, ...] = ()
    each: int = 0
    trained: tuple[float, ...] = ()
    forth: tuple[float, ...] = ()
    back: tuple[float, ...] = ()


class WordCounts(NamedTuple):
    """Digital words that a layer keeps in a training: those that an optimiser trains, those that
    follow every image forward, and those that follow every error back.
    """

    trained: int = 0
    forth: int = 0
    back: int = 0


AnyKernel: TypeAlias = Kernel | ArrayKernel | RecurrentKernel | LayerKernel


OWN = -1
"""What a row reads that goes on from an earlier row of its layer."""


class TrainingRow(NamedTuple):
    """One step of a layer in the table that the training walks.

    Args:
        kernel: what computes it.
        source: number of the layer's input that it reads; `OWN`: what an earlier row put behind the
            layer's output.
        first: where what it reads begins in that input, or in the layer's output and what lies behind.
        taken: how much of it; None: all that follows.
        start: where its results begin in the layer's output, or behind it.
        size: of its results; None: the whole output.
        window: 14 numbers of a window (see `windows.window_numbers`).
        kept: float32 numbers an image that the backward cycle needs.
        by_vector: an array's outputs lie vector by vector, not channel by channel.
        second: number of the second operand of a `LayerKernel`; -1: it has one.
        words: that the layer keeps from image to image.
    """

    kernel: AnyKernel
    source: int = 0
    start: int = 0
    size: int | None = None
    window: tuple[int, ...] = ()
    kept: int = 0
    by_vector: bool = False
    second: int = -1
    words: LayerWords = LayerWords()
    first: int = 0
    taken: int | None = None
