"""Thresholded rectified linear unit."""

from __future__ import annotations

from archsim.operators.base import operator
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.kernels import LayerKernel
from archsim.operators.numbers import np


def forth(data, window):
    """`words`: the threshold."""
    for k in range(data.first.shape[0]):
        x = data.first[k]
        data.outputs[k] = x if x > data.words[0] else np.float32(0.0)


def back(data, window):
    for k in range(data.first.shape[0]):
        x = data.first[k]
        data.first_errors[k] += data.errors[k] * (
            np.float32(1.0) if x > data.words[0] else np.float32(0.0)
        )


@operator("thresholded_relu", onnx="ThresholdedRelu", counted_as="relu")
class ThresholdedRelu(Elementwise):
    """x above alpha, else 0."""

    settings = {"alpha": 1.0}
    unbounded = True
    kernels = (LayerKernel("thresholded relu", forth, back),)

    def of(self, x: Numbers, alpha: float = 1.0) -> Numbers:
        return np.where(x <= alpha, 0.0, x)
