"""What a training runs of an operator: its kernels as plain functions, and its steps in the table
that the passes walk.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

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
    """

    first: np.ndarray
    second: np.ndarray
    outputs: np.ndarray
    kept: np.ndarray
    words: np.ndarray
    share: np.float32


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


class TrainingRow(NamedTuple):
    """One step of a layer in the table that the training walks.

    Args:
        kernel: what computes it.
        source: number of the layer's input that it reads.
        first: where what it reads begins in that input.
        taken: how much of it; None: all that follows.
        start: where its results begin in the layer's output.
        size: of its results; None: the whole output.
        window: 14 numbers of a window (see `windows.window_numbers`).
        kept: float32 numbers an image that the backward cycle needs.
        by_vector: an array's outputs lie vector by vector, not channel by channel.
        recurrent: an array is read step by step, each with the output of the one before.
        second: number of the second operand of a `LayerKernel`; -1: it has one.
        words: that the layer keeps from image to image.
    """

    kernel: Kernel | ArrayKernel | LayerKernel
    source: int = 0
    start: int = 0
    size: int | None = None
    window: tuple[int, ...] = ()
    kept: int = 0
    by_vector: bool = False
    recurrent: bool = False
    second: int = -1
    words: LayerWords = LayerWords()
    first: int = 0
    taken: int | None = None
