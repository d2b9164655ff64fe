"""The nearest whole number, ties to even."""

from __future__ import annotations

from archsim.operators.base import operator
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.numbers import np


@operator("round", onnx="Round")
class Round(Elementwise):
    """No error passes back: its slope is 0."""

    forward_actions = {"compare": 1}

    def of(self, x: Numbers) -> Numbers:
        return np.rint(x)
