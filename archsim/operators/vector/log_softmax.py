"""Logarithm of the softmax."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archsim.operators.arguments import Tensors, axes_of
from archsim.operators.base import Operator, TrainingRow, operator
from archsim.operators.elementary import exponential, logarithm
from archsim.operators.kernels import LayerKernel
from archsim.operators.numbers import np
from archsim.operators.strides import along

if TYPE_CHECKING:
    from workloads.network import Layer


def log_shares(data, window):
    """`window`: sets before the axis, its size, sets behind it."""
    size = window[1]
    inner = window[2]
    for o in range(window[0]):
        for i in range(inner):
            start = o * size * inner + i
            top = data.first[start]
            for k in range(size):
                top = max(top, data.first[start + k * inner])
            total = np.float32(0.0)
            for k in range(size):
                total += exponential(data.first[start + k * inner] - top)
            whole = top + logarithm(total)
            for k in range(size):
                here = start + k * inner
                data.outputs[here] = data.first[here] - whole


def log_shares_back(data, window):
    """error - share x sum of the errors."""
    size = window[1]
    inner = window[2]
    for o in range(window[0]):
        for i in range(inner):
            start = o * size * inner + i
            total = np.float32(0.0)
            for k in range(size):
                total += data.errors[start + k * inner]
            for k in range(size):
                here = start + k * inner
                share = exponential(data.outputs[here])
                data.first_errors[here] += data.errors[here] - share * total


LOG_SHARES = LayerKernel("logarithm of the shares of a softmax", log_shares, log_shares_back)


def log_softmax_axes(layer: Layer) -> tuple[int, ...]:
    """Axes of the image over which shares add up to one: where nobody says, the last."""
    return axes_of(layer, (-1,))


@operator("log_softmax", onnx="LogSoftmax", counted_as="softmax")
class LogSoftmax(Operator):
    """x - max - log(sum(exp(x - max)))."""

    kernels = (LOG_SHARES,)

    def training(self, layer: Layer, where: str) -> tuple[TrainingRow, ...]:
        axes = log_softmax_axes(layer)
        if len(axes) != 1:
            return ()
        return (TrainingRow(LOG_SHARES, window=along(layer.output_shape, axes[0])),)

    def forward(self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors) -> np.ndarray:
        x = inputs[0]
        axes = log_softmax_axes(layer)
        shifted = x - x.max(axis=axes, keepdims=True)
        return shifted - np.log(np.exp(shifted).sum(axis=axes, keepdims=True))
