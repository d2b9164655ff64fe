"""The value that a whole number of a quantised file stands for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archsim.operators.arguments import Tensors
from archsim.operators.base import AXES_KEPT, operator
from archsim.operators.steps import Steps, step_of
from archsim.operators.straight_through import DEQUANTISE

if TYPE_CHECKING:
    import numpy as np

    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from workloads.network import Layer


@operator("dequantize", onnx={"DequantizeLinear": AXES_KEPT}, counted_as="identity")
class Dequantize(Steps):
    """(x - zero point) scale."""

    kernels = (DEQUANTISE,)

    def forward(self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors) -> np.ndarray:
        x = inputs[0]
        step = step_of(layer, x, constants)
        return (x - step.zero) * step.scale
