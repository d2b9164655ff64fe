"""Exponential function."""

from __future__ import annotations

from archsim.operators.base import Kernel, operator
from archsim.operators.elementary import exponential
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.numbers import np


def value(x):
    return exponential(x)


def back(error, x, y):
    return error * y


@operator("exp", onnx="Exp", counted_as="sigmoid")
class Exp(Elementwise):
    """e^x."""

    unbounded = True
    kernels = (Kernel("exponential", value, back, elementwise=True),)

    def of(self, x: Numbers) -> Numbers:
        return np.exp(x)
