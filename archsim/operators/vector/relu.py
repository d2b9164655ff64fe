"""Rectified linear unit."""

from __future__ import annotations

import numpy as np

from archsim.operators.base import Kernel, operator
from archsim.operators.elementwise import Elementwise, Numbers

ZERO = np.float32(0.0)


def value(x):
    return max(x, ZERO)


def back(error, x, y):
    return error if y > ZERO else ZERO


@operator("relu", onnx="Relu")
class Relu(Elementwise):
    """max(x, 0)."""

    forward_actions = {"compare": 1}
    backward_actions = {"compare": 1}
    unbounded = True
    kernels = (Kernel("relu", value, back, elementwise=True),)

    def of(self, x: Numbers) -> Numbers:
        return np.maximum(x, 0)
