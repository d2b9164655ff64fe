"""Softsign."""

from __future__ import annotations

from archsim.operators.base import Kernel, operator
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.numbers import np


def value(x):
    return x / (np.float32(1.0) + abs(x))


def back(error, x, y):
    return error * (np.float32(1.0) - abs(y)) * (np.float32(1.0) - abs(y))


@operator("softsign", onnx="Softsign", counted_as="sigmoid")
class Softsign(Elementwise):
    """x / (1 + |x|)."""

    kernels = (Kernel("softsign", value, back, elementwise=True),)

    def of(self, x: Numbers) -> Numbers:
        return x / (1 + np.abs(x))
