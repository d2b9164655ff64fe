"""Softmax over axes of the image; the loss of a training contains the one at its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archsim.operators.arguments import Tensors, Work, axes_of
from archsim.operators.base import Operator, TrainingRow, operator
from archsim.operators.numbers import np
from archsim.operators.products import SHARES
from archsim.operators.sizes import Output
from archsim.operators.strides import along

if TYPE_CHECKING:
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table
    from workloads.network import Layer


def softmax_axes(layer: Layer) -> tuple[int, ...]:
    """Axes of the image over which shares add up to one: where nobody says, the channels of a map and
    the last axis of anything else.
    """
    return axes_of(layer, (0,) if len(layer.output_shape) == 3 else (-1,))


@operator("softmax", onnx="Softmax")
class Softmax(Operator):
    """exp(x - max) / sum."""

    fields = ("axis",)
    streams = True
    in_loss = True
    kernels = (SHARES,)

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        if "axis" not in table.values:
            return Output(shapes[0])
        axis = table.axis("axis", len(shapes[0]))
        return Output(shapes[0], {"settings": (("axes", (axis,)),)})

    def forward_work(self, layer: Layer) -> Work:
        n = layer.output_elements
        # maximum, subtract, exponential, sum, divide
        return {"compare": n, "add": 2 * n, "lookup": n, "divide": n}

    def backward_work(self, layer: Layer) -> Work:
        n = layer.output_elements
        return {"multiply": 2 * n, "add": 2 * n}  # y (error - sum of y error)

    def loss_work(self, layer: Layer) -> Work:
        return {"add": layer.output_elements}  # with cross-entropy: y - target

    def forward(self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors) -> np.ndarray:
        x = inputs[0]
        axes = softmax_axes(layer)
        shifted = np.exp(x - x.max(axis=axes, keepdims=True))
        return shifted / shifted.sum(axis=axes, keepdims=True)

    def training(self, layer: Layer, where: str) -> tuple[TrainingRow, ...]:
        shape = layer.output_shape
        axes = softmax_axes(layer)
        if len(axes) != 1:
            return ()
        window = along(shape, axes[0])
        return (TrainingRow(SHARES, window=window),)
