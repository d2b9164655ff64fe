"""Error function."""

from __future__ import annotations

from archsim.operators.base import Kernel, operator
from archsim.operators.elementary import exponential
from archsim.operators.elementwise import Elementwise, Numbers, erf
from archsim.operators.numbers import np
from archsim.operators.vector.gelu import normal_share


def value(x):
    # erf x = 2 Phi(x sqrt 2) - 1
    return np.float32(2.0) * normal_share(np.float32(1.41421356) * x) - np.float32(1.0)


def back(error, x, y):
    return error * np.float32(1.12837917) * exponential(-x * x)


@operator("erf", onnx="Erf", counted_as="sigmoid")
class Erf(Elementwise):
    """The error function, exact to double precision."""

    kernels = (Kernel("erf", value, back, elementwise=True),)

    def of(self, x: Numbers) -> Numbers:
        return erf(x)
