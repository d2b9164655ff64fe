"""Negative value."""

from __future__ import annotations

from archsim.operators.base import operator
from archsim.operators.elementwise import Elementwise, Numbers


@operator("negate", onnx="Neg")
class Negate(Elementwise):
    """-x."""

    forward_actions = {"add": 1}
    backward_actions = {"add": 1}
    unbounded = True

    def of(self, x: Numbers) -> Numbers:
        return -x
