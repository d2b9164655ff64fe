"""Rectified linear unit."""

from __future__ import annotations

from archsim.operators.base import Kernel, operator
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.numbers import np


def value(x):
    return max(x, np.float32(0.0))


def back(error, x, y):
    return error if y > np.float32(0.0) else np.float32(0.0)


@operator("relu", onnx="Relu")
class Relu(Elementwise):
    """max(x, 0)."""

    forward_actions = {"compare": 1}
    backward_actions = {"compare": 1}
    masked = True
    unbounded = True
    kernels = (Kernel("relu", value, back, elementwise=True),)

    def of(self, x: Numbers) -> Numbers:
        return np.maximum(x, 0)
