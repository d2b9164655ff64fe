"""Natural logarithm."""

from __future__ import annotations

from archsim.operators.base import Kernel, operator
from archsim.operators.elementary import logarithm as log
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.numbers import np


def value(x):
    # as outside a training: of zero infinite, of less no number
    edge = -np.inf if x == np.float32(0.0) else np.nan
    return log(x) if x > np.float32(0.0) else np.float32(edge)


def back(error, x, y):
    return error / x


@operator("logarithm", onnx="Log")
class Logarithm(Elementwise):
    """log x, by a table; its slope 1/x by another."""

    forward_actions = {"lookup": 1}
    backward_actions = {"lookup": 1, "multiply": 1}
    unbounded = True
    kernels = (Kernel("logarithm", value, back, elementwise=True),)

    def of(self, x: Numbers) -> Numbers:
        return np.log(x)
