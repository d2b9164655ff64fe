"""Rectified linear unit with a slope below zero: one number, or one a channel or element (PRelu)."""

from __future__ import annotations

from archsim.operators.base import AXES_KEPT, operator
from archsim.operators.bent import LEAN
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.numbers import np


@operator("leaky_relu", onnx={"LeakyRelu": AXES_KEPT, "PRelu": AXES_KEPT})
class LeakyRelu(Elementwise):
    """x above zero, alpha x below."""

    fields = ("alpha",)
    settings = {"alpha": 0.01}
    forward_actions = {"compare": 1, "multiply": 1}
    backward_actions = {"compare": 1, "multiply": 1}
    masked = True
    unbounded = True
    kernels = (LEAN,)

    def of(self, x: Numbers, alpha: Numbers | float = 0.01) -> Numbers:
        return np.where(x >= 0, x, alpha * x)
