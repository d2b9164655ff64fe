"""The next whole number above."""

from __future__ import annotations

from archsim.operators.base import operator
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.numbers import np


@operator("ceil", onnx="Ceil")
class Ceil(Elementwise):
    """No error passes back: its slope is 0."""

    forward_actions = {"compare": 1}

    def of(self, x: Numbers) -> Numbers:
        return np.ceil(x)
