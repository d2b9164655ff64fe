"""Continuously differentiable exponential linear unit."""

from __future__ import annotations

from archsim.operators.base import operator
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.numbers import np


@operator("celu", onnx="Celu", counted_as="sigmoid")
class Celu(Elementwise):
    """max(x, 0) + min(0, alpha (exp(x/alpha) - 1))."""

    settings = {"alpha": 1.0}

    def of(self, x: Numbers, alpha: float = 1.0) -> Numbers:
        return np.maximum(x, 0) + np.minimum(0, alpha * np.expm1(np.minimum(x, 0) / alpha))
