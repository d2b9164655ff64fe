"""The exact output of one layer that has no weights on an array, of one image or of several."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import numpy as np

from archsim.basics.threads import one_thread
from archsim.operators.arguments import Tensors
from archsim.operators.base import Operator
from archsim.operators.vocabulary import FUNCTIONS, function_of

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from workloads.network import Layer


def apply(
    layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors | None = None
) -> np.ndarray:
    """The output of a layer without weights on an array.

    Args:
        layer: its `computes` and settings say what is computed.
        inputs: the values of its inputs, each of the shape that `layer.input_shapes` names.
        constants: values of `layer.roles`. Batch normalisation without any counts as folded into
            the weights.

    Returns:
        Values of the layer's output shape.

    Raises:
        InputError: for an operator whose meaning the layer does not carry (lstm), an unknown one,
            and a constant that is missing.
    """
    function = function_of(layer)
    held = {} if constants is None else constants
    with _threads_of(function):
        return function.forward(layer, inputs, held)


def apply_images(
    layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors | None, images: int
) -> np.ndarray:
    """As `apply`, of several images at once: inputs and output (images, *shape), each image with
    the bits that it has alone.
    """
    function = function_of(layer)
    held = {} if constants is None else constants
    with _threads_of(function):
        return function.forward_images(layer, inputs, held, images)


def _threads_of(function: Operator) -> AbstractContextManager[None]:
    """What keeps a function that computes with a library to one thread."""
    return one_thread() if function.threaded else nullcontext()


def can_carry(layer: Layer) -> bool:
    """True where `apply` can give the layer's output, or its array can."""
    function = FUNCTIONS.get(layer.computes)
    return function is not None and function.carries(layer)
