"""The opposite of a mask."""

from __future__ import annotations

from archsim.operators.base import operator
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.numbers import np


@operator("logical_not", onnx="Not")
class LogicalNot(Elementwise):
    """1 where a number is 0, else 0. No error passes back: its slope is 0."""

    forward_actions = {"compare": 1}

    def of(self, x: Numbers) -> Numbers:
        return np.equal(x, 0).astype(np.float32)
