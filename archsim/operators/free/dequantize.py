"""The value that a whole number of a quantised file stands for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archsim.operators.arguments import Tensors
from archsim.operators.base import AXES_KEPT, FREE, Operator, operator
from archsim.operators.numbers import np
from archsim.operators.steps import step_of

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from workloads.network import Layer


@operator("dequantize", onnx={"DequantizeLinear": AXES_KEPT}, counted_as="identity")
class Dequantize(Operator):
    """(x - zero point) scale. It costs nothing: the chip's digital words have scales of their own."""

    kind = FREE
    moves_only = True

    def forward(self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors) -> np.ndarray:
        x = inputs[0]
        step = step_of(layer, x, constants)
        return ((x - step.zero) * step.scale).astype(np.float32)
