"""The next whole number below."""

from __future__ import annotations

from archsim.operators.base import operator
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.numbers import np


@operator("floor", onnx="Floor")
class Floor(Elementwise):
    """No error passes back: its slope is 0."""

    forward_actions = {"compare": 1}

    def of(self, x: Numbers) -> Numbers:
        return np.floor(x)
