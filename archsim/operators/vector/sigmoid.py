"""Logistic function."""

from __future__ import annotations

from archsim.operators.base import Kernel, operator
from archsim.operators.elementary import exponential
from archsim.operators.elementwise import Elementwise, Numbers, logistic
from archsim.operators.numbers import np


def sigmoid(x):
    """1/(1 + exp(-x)) of float32."""
    return np.float32(1.0) / (np.float32(1.0) + exponential(-x))


def back(error, x, y):
    return error * y * (np.float32(1.0) - y)


@operator("sigmoid", onnx="Sigmoid")
class Sigmoid(Elementwise):
    """1 / (1 + exp(-x)), from a table."""

    forward_actions = {"lookup": 1}
    backward_actions = {"multiply": 2, "add": 1}  # delta y (1 - y)
    kernels = (Kernel("sigmoid", sigmoid, back, elementwise=True),)

    def of(self, x: Numbers) -> Numbers:
        return logistic(x)
