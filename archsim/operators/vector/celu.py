"""Continuously differentiable exponential linear unit."""

from __future__ import annotations

from archsim.operators.base import operator
from archsim.operators.elementary import exponential
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.kernels import LayerKernel
from archsim.operators.numbers import np


def forth(data, window):
    """`words`: alpha."""
    for k in range(data.first.shape[0]):
        x = data.first[k]
        data.outputs[k] = (
            x
            if x >= np.float32(0.0)
            else (data.words[0] * (exponential(x / data.words[0]) - np.float32(1.0)))
        )


def back(data, window):
    for k in range(data.first.shape[0]):
        x = data.first[k]
        data.first_errors[k] += data.errors[k] * (
            np.float32(1.0) if x >= np.float32(0.0) else exponential(x / data.words[0])
        )


@operator("celu", onnx="Celu", counted_as="sigmoid")
class Celu(Elementwise):
    """max(x, 0) + min(0, alpha (exp(x/alpha) - 1))."""

    settings = {"alpha": 1.0}
    unbounded = True
    kernels = (LayerKernel("celu", forth, back),)

    def of(self, x: Numbers, alpha: float = 1.0) -> Numbers:
        return np.maximum(x, 0) + np.minimum(0, alpha * np.expm1(np.minimum(x, 0) / alpha))
