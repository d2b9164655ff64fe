"""The larger of several operands, element by element, broadcast to each other."""

from __future__ import annotations

from archsim.operators.base import operator
from archsim.operators.extreme import Extreme
from archsim.operators.numbers import np


@operator("maximum", onnx="Max")
class Maximum(Extreme):
    """The larger of each pair; an error goes back to the operand that was taken."""

    def combine(self, first: np.ndarray, other: np.ndarray) -> np.ndarray:
        return np.maximum(first, other)
