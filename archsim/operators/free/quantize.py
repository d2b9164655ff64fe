"""Quantisation of a file with QuantizeLinear: the whole number that stands for a value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archsim.operators.arguments import Tensors, number_of
from archsim.operators.base import AXES_KEPT, operator
from archsim.operators.numbers import np
from archsim.operators.steps import Steps, step_of
from archsim.operators.straight_through import QUANTISE

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from workloads.network import Layer


@operator("quantize", onnx={"QuantizeLinear": AXES_KEPT}, counted_as="identity")
class Quantize(Steps):
    """x / scale to the nearest whole number (ties to the even one), plus the zero point, within the
    numbers of its type.
    """

    kernels = (QUANTISE,)
    straight_through = True

    def forward(self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors) -> np.ndarray:
        x = inputs[0]
        step = step_of(layer, x, constants)
        # Rounded before the zero point is added, as ONNX has it: an odd zero point would turn ties.
        codes = np.rint(x / step.scale) + step.zero
        low, high = number_of(layer, "low", 0), number_of(layer, "high", 255)
        return np.clip(codes, low, high).astype(np.float32)
