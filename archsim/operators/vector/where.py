"""A choice between two operands by a condition: what a mask of an attention does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archsim.operators.arguments import Tensors, Work, operands
from archsim.operators.base import operator
from archsim.operators.join import Join
from archsim.operators.numbers import np

if TYPE_CHECKING:
    from workloads.network import Layer


@operator("where", onnx="Where")
class Where(Join):
    """operand1 where operand0 is true (not 0), else operand2."""

    inputs = 3

    def forward_work(self, layer: Layer) -> Work:
        return {"compare": layer.output_elements}

    def backward_work(self, layer: Layer) -> Work:
        return {"compare": layer.output_elements}

    def forward(self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors) -> np.ndarray:
        condition, one, other = operands(layer, inputs, constants, "operand")
        return np.broadcast_to(np.where(condition != 0, one, other), layer.output_shape)
