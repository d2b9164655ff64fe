"""Product of operands, element by element, broadcast to each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archsim.operators.arguments import Work
from archsim.operators.base import AXES_KEPT, TrainingRow, operator
from archsim.operators.join import Join
from archsim.operators.joined import MULTIPLY, joined
from archsim.operators.numbers import np

if TYPE_CHECKING:
    from workloads.network import Layer


@operator("multiply", onnx={"Mul": AXES_KEPT, "HardSwish": AXES_KEPT})
class Multiply(Join):
    """Each operand times the others (HardSwish: x and a clip of it)."""

    inputs = None
    kernels = (MULTIPLY,)
    trains = "multiply of two"

    def combine(self, first: np.ndarray, other: np.ndarray) -> np.ndarray:
        return np.multiply(first, other)

    def forward_work(self, layer: Layer) -> Work:
        return {"multiply": self.operations(layer)}

    def backward_work(self, layer: Layer) -> Work:
        return {"multiply": 2 * layer.output_elements}

    def training(self, layer: Layer, where: str) -> tuple[TrainingRow, ...]:
        return joined(MULTIPLY, layer)
