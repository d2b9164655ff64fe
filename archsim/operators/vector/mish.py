"""Mish (Misra 2019)."""

from __future__ import annotations

from archsim.operators.base import Kernel, operator
from archsim.operators.elementwise import Elementwise, Numbers, softplus
from archsim.operators.numbers import np
from archsim.operators.vector.sigmoid import sigmoid
from archsim.operators.vector.softplus import soft
from archsim.operators.vector.tanh import tanh


def value(x):
    return x * tanh(soft(x))


def back(error, x, y):
    bent = tanh(soft(x))
    # the logistic is the slope of softplus
    return error * (bent + x * (np.float32(1.0) - bent * bent) * sigmoid(x))


@operator("mish", onnx="Mish", counted_as="sigmoid")
class Mish(Elementwise):
    """x tanh(softplus(x))."""

    unbounded = True
    kernels = (Kernel("mish", value, back, elementwise=True),)

    def of(self, x: Numbers) -> Numbers:
        return x * np.tanh(softplus(x))
