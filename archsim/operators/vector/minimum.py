"""The smaller of several operands, element by element, broadcast to each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archsim.operators.base import Work, operator
from archsim.operators.join import Join
from archsim.operators.numbers import np

if TYPE_CHECKING:
    from workloads.network import Layer


@operator("minimum", onnx="Min")
class Minimum(Join):
    """The smaller of each pair; an error goes back to the operand that was taken."""

    inputs = None

    def combine(self, first: np.ndarray, other: np.ndarray) -> np.ndarray:
        return np.minimum(first, other)

    def forward_work(self, layer: Layer) -> Work:
        return {"compare": self.operations(layer)}

    def backward_work(self, layer: Layer) -> Work:
        return {"compare": layer.output_elements}
