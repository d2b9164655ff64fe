"""Thresholded rectified linear unit."""

from __future__ import annotations

from archsim.operators.base import operator
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.numbers import np


@operator("thresholded_relu", onnx="ThresholdedRelu", counted_as="relu")
class ThresholdedRelu(Elementwise):
    """x above alpha, else 0."""

    settings = {"alpha": 1.0}

    def of(self, x: Numbers, alpha: float = 1.0) -> Numbers:
        return np.where(x <= alpha, 0.0, x)
