"""Hard sigmoid."""

from __future__ import annotations

from archsim.operators.base import operator
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.numbers import np


@operator("hard_sigmoid", onnx="HardSigmoid", counted_as="clip")
class HardSigmoid(Elementwise):
    """A line, clipped to 0 … 1."""

    settings = {"alpha": 0.2, "beta": 0.5}

    def of(self, x: Numbers, alpha: float = 0.2, beta: float = 0.5) -> Numbers:
        return np.clip(alpha * x + beta, 0, 1)
