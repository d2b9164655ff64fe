"""Quotient of activations, element by element, broadcast to each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archsim.operators.arguments import Work
from archsim.operators.base import operator
from archsim.operators.join import Join
from archsim.operators.numbers import np
from archsim.operators.pairs import join_kernels

if TYPE_CHECKING:
    from workloads.network import Layer


def value(first, second):
    return first / second


def first_back(error, first, second, y):
    return error / second


def second_back(error, first, second, y):
    return -error * y / second


@operator("quotient")
class Quotient(Join):
    """The first operand by the second; `divide` is the product with a constant's reciprocal."""

    inputs = None
    trained = join_kernels("quotient", value, first_back, second_back)

    def combine(self, first: np.ndarray, other: np.ndarray) -> np.ndarray:
        return np.divide(first, other)

    def forward_work(self, layer: Layer) -> Work:
        return {"divide": self.operations(layer)}

    def backward_work(self, layer: Layer) -> Work:
        # error / b for the one, -error y / b for the other
        n = layer.output_elements
        return {"divide": n, "multiply": n}
