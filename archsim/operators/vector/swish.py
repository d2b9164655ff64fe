"""Swish, with alpha 1 the sigmoid linear unit."""

from __future__ import annotations

from archsim.operators.base import operator
from archsim.operators.elementwise import Elementwise, Numbers, logistic


@operator("swish", onnx="Swish", counted_as="sigmoid")
class Swish(Elementwise):
    """x sigmoid(alpha x)."""

    settings = {"alpha": 1.0}

    def of(self, x: Numbers, alpha: float = 1.0) -> Numbers:
        return x * logistic(alpha * x)
