"""Product of operands, element by element, broadcast to each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archsim.operators.arguments import Work
from archsim.operators.base import AXES_KEPT, operator
from archsim.operators.join import Join
from archsim.operators.joined import MULTIPLY
from archsim.operators.numbers import np
from archsim.operators.pairs import join_kernels

if TYPE_CHECKING:
    from workloads.network import Layer


def value(first, second):
    return first * second


def first_back(error, first, second, y):
    return error * second


def second_back(error, first, second, y):
    return error * first


@operator("multiply", onnx={"Mul": AXES_KEPT, "HardSwish": AXES_KEPT})
class Multiply(Join):
    """Each operand times the others (HardSwish: x and a clip of it)."""

    inputs = None
    trained = join_kernels("product", value, first_back, second_back, MULTIPLY)

    def combine(self, first: np.ndarray, other: np.ndarray) -> np.ndarray:
        return np.multiply(first, other)

    def forward_work(self, layer: Layer) -> Work:
        return {"multiply": self.operations(layer)}

    def backward_work(self, layer: Layer) -> Work:
        return {"multiply": 2 * self.operations(layer)}
