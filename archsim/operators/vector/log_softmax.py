"""Logarithm of the softmax."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archsim.operators.arguments import Tensors, axes_of
from archsim.operators.base import Operator, operator
from archsim.operators.numbers import np

if TYPE_CHECKING:
    from workloads.network import Layer


def log_softmax_axes(layer: Layer) -> tuple[int, ...]:
    """Axes of the image over which shares add up to one: where nobody says, the last."""
    return axes_of(layer, (-1,))


@operator("log_softmax", onnx="LogSoftmax", counted_as="softmax")
class LogSoftmax(Operator):
    """x - max - log(sum(exp(x - max)))."""

    def forward(self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors) -> np.ndarray:
        x = inputs[0]
        axes = log_softmax_axes(layer)
        shifted = x - x.max(axis=axes, keepdims=True)
        return shifted - np.log(np.exp(shifted).sum(axis=axes, keepdims=True))
