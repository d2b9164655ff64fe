"""The next whole number below."""

from __future__ import annotations

from archsim.operators.base import Kernel, operator
from archsim.operators.bent import flat
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.numbers import np


def value(x):
    return np.floor(x)


@operator("floor", onnx="Floor")
class Floor(Elementwise):
    """No error passes back: its slope is 0."""

    forward_actions = {"compare": 1}
    kernels = (Kernel("floor", value, flat, elementwise=True),)

    def of(self, x: Numbers) -> Numbers:
        return np.floor(x)
