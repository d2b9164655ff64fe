"""Absolute value."""

from __future__ import annotations

from archsim.operators.base import operator
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.numbers import np


@operator("absolute", onnx="Abs")
class Absolute(Elementwise):
    """|x|: the sign is dropped; back it is put to the error."""

    forward_actions = {"compare": 1}
    backward_actions = {"compare": 1}
    masked = True
    unbounded = True

    def of(self, x: Numbers) -> Numbers:
        return np.abs(x)
