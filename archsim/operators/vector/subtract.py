"""Difference of operands."""

from __future__ import annotations

from archsim.operators.base import operator
from archsim.operators.join import Join
from archsim.operators.numbers import np
from archsim.operators.pairs import join_kernels


def value(first, second):
    return first - second


def first_back(error, first, second, y):
    return error


def second_back(error, first, second, y):
    return -error


@operator("subtract", onnx="Sub", counted_as="add")
class Subtract(Join):
    """The first minus the others."""

    masks = True
    trained = join_kernels("difference", value, first_back, second_back)

    def combine(self, first: np.ndarray, other: np.ndarray) -> np.ndarray:
        return np.subtract(first, other)
