"""One over x."""

from __future__ import annotations

from archsim.operators.base import Kernel, operator
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.numbers import np


def value(x):
    return np.float32(1.0) / x


def back(error, x, y):
    return -error * y * y


@operator("reciprocal", onnx="Reciprocal")
class Reciprocal(Elementwise):
    """1/x, by a table; its slope -y² is two products."""

    forward_actions = {"lookup": 1}
    backward_actions = {"multiply": 2}
    unbounded = True
    kernels = (Kernel("reciprocal", value, back, elementwise=True),)

    def of(self, x: Numbers) -> Numbers:
        return 1.0 / x
