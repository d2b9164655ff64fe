"""Mish (Misra 2019)."""

from __future__ import annotations

from archsim.operators.base import operator
from archsim.operators.elementwise import Elementwise, Numbers, softplus
from archsim.operators.numbers import np


@operator("mish", onnx="Mish", counted_as="sigmoid")
class Mish(Elementwise):
    """x tanh(softplus(x))."""

    def of(self, x: Numbers) -> Numbers:
        return x * np.tanh(softplus(x))
