"""Cosine."""

from __future__ import annotations

from archsim.operators.base import operator
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.numbers import np


@operator("cosine", onnx="Cos")
class Cosine(Elementwise):
    """cos x, by a table; its slope by another."""

    forward_actions = {"lookup": 1}
    backward_actions = {"lookup": 1, "multiply": 1}
    unbounded = True

    def of(self, x: Numbers) -> Numbers:
        return np.cos(x)
