"""One over x."""

from __future__ import annotations

from archsim.operators.base import operator
from archsim.operators.elementwise import Elementwise, Numbers


@operator("reciprocal", onnx="Reciprocal")
class Reciprocal(Elementwise):
    """1/x, by a table; its slope -y² is two products."""

    forward_actions = {"lookup": 1}
    backward_actions = {"multiply": 2}
    unbounded = True

    def of(self, x: Numbers) -> Numbers:
        return 1.0 / x
