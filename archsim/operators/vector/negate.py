"""Negative value."""

from __future__ import annotations

from archsim.operators.base import Kernel, operator
from archsim.operators.elementwise import Elementwise, Numbers


def value(x):
    return -x


def back(error, x, y):
    return -error


@operator("negate", onnx="Neg")
class Negate(Elementwise):
    """-x."""

    forward_actions = {"add": 1}
    backward_actions = {"add": 1}
    unbounded = True
    kernels = (Kernel("negate", value, back, elementwise=True),)

    def of(self, x: Numbers) -> Numbers:
        return -x
