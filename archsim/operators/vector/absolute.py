"""Absolute value."""

from __future__ import annotations

from archsim.operators.base import Kernel, operator
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.numbers import np


def value(x):
    return abs(x)


def back(error, x, y):
    # at zero there is no slope: 0, as PyTorch has it
    return error if x > np.float32(0.0) else -error if x < np.float32(0.0) else np.float32(0.0)


@operator("absolute", onnx="Abs")
class Absolute(Elementwise):
    """|x|: the sign is dropped; back it is put to the error."""

    forward_actions = {"compare": 1}
    backward_actions = {"compare": 1}
    masked = True
    unbounded = True
    kernels = (Kernel("absolute", value, back, elementwise=True),)

    def of(self, x: Numbers) -> Numbers:
        return np.abs(x)
