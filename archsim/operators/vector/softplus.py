"""Smooth rectified linear unit."""

from __future__ import annotations

from archsim.operators.base import Kernel, operator
from archsim.operators.elementary import exponential
from archsim.operators.elementary import logarithm as log
from archsim.operators.elementwise import Elementwise, Numbers, softplus
from archsim.operators.numbers import np
from archsim.operators.vector.sigmoid import sigmoid


def soft(x):
    """log(1 + exp(x)) of float32, without overflow."""
    return max(x, np.float32(0.0)) + log(np.float32(1.0) + exponential(-abs(x)))


def back(error, x, y):
    return error * sigmoid(x)


@operator("softplus", onnx="Softplus", counted_as="sigmoid")
class Softplus(Elementwise):
    """log(1 + exp(x))."""

    unbounded = True
    kernels = (Kernel("softplus", soft, back, elementwise=True),)

    def of(self, x: Numbers) -> Numbers:
        return softplus(x)
