"""Difference of operands."""

from __future__ import annotations

from archsim.operators.base import operator
from archsim.operators.join import Join
from archsim.operators.numbers import np


@operator("subtract", onnx="Sub", counted_as="add")
class Subtract(Join):
    """The first minus the others."""

    def combine(self, first: np.ndarray, other: np.ndarray) -> np.ndarray:
        return np.subtract(first, other)
