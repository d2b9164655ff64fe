"""The sign of a number."""

from __future__ import annotations

from archsim.operators.base import operator
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.numbers import np


@operator("sign", onnx="Sign")
class Sign(Elementwise):
    """-1, 0 or 1. No error passes back: its slope is 0."""

    forward_actions = {"compare": 1}

    def of(self, x: Numbers) -> Numbers:
        return np.sign(x)
