"""Softsign."""

from __future__ import annotations

from archsim.operators.base import operator
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.numbers import np


@operator("softsign", onnx="Softsign", counted_as="sigmoid")
class Softsign(Elementwise):
    """x / (1 + |x|)."""

    def of(self, x: Numbers) -> Numbers:
        return x / (1 + np.abs(x))
