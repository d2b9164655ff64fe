"""Logistic function."""

from __future__ import annotations

import numpy as np

from archsim.operators.base import Kernel, operator
from archsim.operators.elementary import exponential
from archsim.operators.elementwise import Elementwise, Numbers, logistic

ONE = np.float32(1.0)


def sigmoid(x):
    """1/(1 + exp(-x)) of float32."""
    return ONE / (ONE + exponential(-x))


def back(error, x, y):
    return error * y * (ONE - y)


@operator("sigmoid", onnx="Sigmoid")
class Sigmoid(Elementwise):
    """1 / (1 + exp(-x)), from a table."""

    forward_actions = {"lookup": 1}
    backward_actions = {"multiply": 2, "add": 1}  # delta y (1 - y)
    kernels = (Kernel("sigmoid", sigmoid, back, elementwise=True),)

    def of(self, x: Numbers) -> Numbers:
        return logistic(x)
