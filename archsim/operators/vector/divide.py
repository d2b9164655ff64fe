"""Quotient by a constant."""

from __future__ import annotations

from archsim.operators.base import operator
from archsim.operators.join import Join
from archsim.operators.numbers import np
from archsim.operators.vector.quotient import Quotient


@operator("divide", onnx="Div", counted_as="multiply")
class Divide(Join):
    """The first by the others."""

    trained = Quotient.trained

    def combine(self, first: np.ndarray, other: np.ndarray) -> np.ndarray:
        return np.divide(first, other)
