"""Hyperbolic tangent."""

from __future__ import annotations

from archsim.operators.base import Kernel, operator
from archsim.operators.elementary import exponential
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.numbers import np


def tanh(x):
    """tanh of float32, |x| clipped to 10; within 1e-6 of the exact value. Arithmetic that LLVM
    vectorises.
    """
    x = min(max(x, -np.float32(10.0)), np.float32(10.0))
    power = exponential(np.float32(2.0) * x)
    return (power - np.float32(1.0)) / (power + np.float32(1.0))


def back(error, x, y):
    return error * (np.float32(1.0) - y * y)


@operator("tanh", onnx="Tanh")
class Tanh(Elementwise):
    """tanh(x), from a table."""

    forward_actions = {"lookup": 1}
    backward_actions = {"multiply": 2, "add": 1}  # delta (1 - y^2)
    kernels = (Kernel("tanh", tanh, back, elementwise=True),)

    def of(self, x: Numbers) -> Numbers:
        return np.tanh(x)
