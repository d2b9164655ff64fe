"""The opposite of a mask."""

from __future__ import annotations

from archsim.operators.base import Kernel, operator
from archsim.operators.bent import flat
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.masks import one_if
from archsim.operators.numbers import np


def value(x):
    return one_if(x == np.float32(0.0))


@operator("logical_not", onnx="Not")
class LogicalNot(Elementwise):
    """1 where a number is 0, else 0. No error passes back: its slope is 0."""

    forward_actions = {"compare": 1}
    kernels = (Kernel("logical not", value, flat, elementwise=True),)

    def of(self, x: Numbers) -> Numbers:
        return np.equal(x, 0).astype(np.float32)
