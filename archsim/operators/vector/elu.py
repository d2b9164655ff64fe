"""Exponential linear unit."""

from __future__ import annotations

from archsim.operators.base import operator
from archsim.operators.elementary import exponential
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.kernels import LayerKernel
from archsim.operators.numbers import np


def elu(x: Numbers, alpha: float = 1.0) -> Numbers:
    """x above zero, alpha (exp(x) - 1) below; exp never overflows."""
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def forth(data, window):
    """`words`: alpha."""
    for k in range(data.first.shape[0]):
        x = data.first[k]
        data.outputs[k] = (
            x if x >= np.float32(0.0) else data.words[0] * (exponential(x) - np.float32(1.0))
        )


def back(data, window):
    for k in range(data.first.shape[0]):
        x = data.first[k]
        data.first_errors[k] += data.errors[k] * (
            np.float32(1.0) if x >= np.float32(0.0) else data.words[0] * exponential(x)
        )


@operator("elu", onnx="Elu", counted_as="sigmoid")
class Elu(Elementwise):
    """x above zero, alpha (exp(x) - 1) below."""

    settings = {"alpha": 1.0}
    unbounded = True
    kernels = (LayerKernel("elu", forth, back),)

    def of(self, x: Numbers, alpha: float = 1.0) -> Numbers:
        return elu(x, alpha)
