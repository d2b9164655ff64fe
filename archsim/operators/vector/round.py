"""The nearest whole number, ties to even."""

from __future__ import annotations

from archsim.operators.base import Kernel, operator
from archsim.operators.bent import flat
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.numbers import np


def value(x):
    return np.rint(x)


@operator("round", onnx="Round")
class Round(Elementwise):
    """No error passes back: its slope is 0."""

    forward_actions = {"compare": 1}
    kernels = (Kernel("round", value, flat, elementwise=True),)

    def of(self, x: Numbers) -> Numbers:
        return np.rint(x)
