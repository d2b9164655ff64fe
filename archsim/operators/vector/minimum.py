"""The smaller of several operands, element by element, broadcast to each other."""

from __future__ import annotations

from archsim.operators.base import operator
from archsim.operators.extreme import Extreme
from archsim.operators.numbers import np
from archsim.operators.pairs import join_kernels


def value(first, second):
    return min(first, second)


def first_back(error, first, second, y):
    return error if first <= second else np.float32(0.0)


def second_back(error, first, second, y):
    return np.float32(0.0) if first <= second else error


@operator("minimum", onnx="Min")
class Minimum(Extreme):
    """The smaller of each pair; an error goes back to the operand that was taken."""

    masks = True
    trained = join_kernels("smaller", value, first_back, second_back)

    def combine(self, first: np.ndarray, other: np.ndarray) -> np.ndarray:
        return np.minimum(first, other)
