"""Exponential linear unit."""

from __future__ import annotations

from archsim.operators.base import operator
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.numbers import np


def elu(x: Numbers, alpha: float = 1.0) -> Numbers:
    """x above zero, alpha (exp(x) - 1) below; exp never overflows."""
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


@operator("elu", onnx="Elu", counted_as="sigmoid")
class Elu(Elementwise):
    """x above zero, alpha (exp(x) - 1) below."""

    settings = {"alpha": 1.0}

    def of(self, x: Numbers, alpha: float = 1.0) -> Numbers:
        return elu(x, alpha)
