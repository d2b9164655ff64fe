"""The sign of a number."""

from __future__ import annotations

from archsim.operators.base import Kernel, operator
from archsim.operators.bent import flat
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.numbers import np


def value(x):
    return np.sign(x)


@operator("sign", onnx="Sign")
class Sign(Elementwise):
    """-1, 0 or 1. No error passes back: its slope is 0."""

    forward_actions = {"compare": 1}
    kernels = (Kernel("sign", value, flat, elementwise=True),)

    def of(self, x: Numbers) -> Numbers:
        return np.sign(x)
