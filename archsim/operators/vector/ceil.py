"""The next whole number above."""

from __future__ import annotations

from archsim.operators.base import Kernel, operator
from archsim.operators.bent import flat
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.numbers import np


def value(x):
    return np.ceil(x)


@operator("ceil", onnx="Ceil")
class Ceil(Elementwise):
    """No error passes back: its slope is 0."""

    forward_actions = {"compare": 1}
    kernels = (Kernel("ceil", value, flat, elementwise=True),)

    def of(self, x: Numbers) -> Numbers:
        return np.ceil(x)
