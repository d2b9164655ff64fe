"""Cosine."""

from __future__ import annotations

from archsim.operators.base import Kernel, operator
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.numbers import np


def value(x):
    return np.cos(x)


def back(error, x, y):
    return -error * np.sin(x)


@operator("cosine", onnx="Cos")
class Cosine(Elementwise):
    """cos x, by a table; its slope by another."""

    forward_actions = {"lookup": 1}
    backward_actions = {"lookup": 1, "multiply": 1}
    unbounded = True
    kernels = (Kernel("cosine", value, back, elementwise=True),)

    def of(self, x: Numbers) -> Numbers:
        return np.cos(x)
