"""Exponential function."""

from __future__ import annotations

from archsim.operators.base import operator
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.numbers import np


@operator("exp", onnx="Exp", counted_as="sigmoid")
class Exp(Elementwise):
    """e^x."""

    def of(self, x: Numbers) -> Numbers:
        return np.exp(x)
