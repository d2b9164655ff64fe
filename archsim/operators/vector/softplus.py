"""Smooth rectified linear unit."""

from __future__ import annotations

from archsim.operators.base import operator
from archsim.operators.elementwise import Elementwise, Numbers, softplus


@operator("softplus", onnx="Softplus", counted_as="sigmoid")
class Softplus(Elementwise):
    """log(1 + exp(x))."""

    def of(self, x: Numbers) -> Numbers:
        return softplus(x)
