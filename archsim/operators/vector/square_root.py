"""Square root."""

from __future__ import annotations

from archsim.operators.base import operator
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.numbers import np


@operator("square_root", onnx="Sqrt")
class SquareRoot(Elementwise):
    """The root, by a table; its slope 1/(2 y) by another."""

    forward_actions = {"lookup": 1}
    backward_actions = {"lookup": 1, "multiply": 1}
    unbounded = True

    def of(self, x: Numbers) -> Numbers:
        return np.sqrt(x)
