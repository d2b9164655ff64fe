"""Scaled exponential linear unit."""

from __future__ import annotations

from archsim.operators.base import operator
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.vector.elu import elu


@operator("selu", onnx="Selu", counted_as="sigmoid")
class Selu(Elementwise):
    """gamma elu(x)."""

    settings = {"alpha": 1.67326319217681884765625, "gamma": 1.05070102214813232421875}

    def of(self, x: Numbers, alpha: float = 1.6732632, gamma: float = 1.0507009) -> Numbers:
        return gamma * elu(x, alpha)
