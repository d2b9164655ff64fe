"""Natural logarithm."""

from __future__ import annotations

from archsim.operators.base import operator
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.numbers import np


@operator("logarithm", onnx="Log")
class Logarithm(Elementwise):
    """log x, by a table; its slope 1/x by another."""

    forward_actions = {"lookup": 1}
    backward_actions = {"lookup": 1, "multiply": 1}
    unbounded = True

    def of(self, x: Numbers) -> Numbers:
        return np.log(x)
