"""The exact output of one layer that has no weights on an array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from archsim.basics.threads import one_thread
from archsim.operators.arguments import Tensors
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
    if function.threaded:
        with one_thread():
            return function.forward(layer, inputs, held)
    return function.forward(layer, inputs, held)


def can_carry(layer: Layer) -> bool:
    """True where `apply` can give the layer's output, or its array can."""
    function = FUNCTIONS.get(layer.computes)
    return function is not None and function.carries(layer)
