"""Swish, with alpha 1 the sigmoid linear unit."""

from __future__ import annotations

from archsim.operators.base import operator
from archsim.operators.elementwise import Elementwise, Numbers, logistic
from archsim.operators.kernels import LayerKernel
from archsim.operators.numbers import np
from archsim.operators.vector.sigmoid import sigmoid


def forth(data, window):
    """`words`: the factor alpha of x in the logistic."""
    for k in range(data.first.shape[0]):
        data.outputs[k] = data.first[k] * sigmoid(data.words[0] * data.first[k])


def back(data, window):
    for k in range(data.first.shape[0]):
        x = data.first[k]
        share = sigmoid(data.words[0] * x)
        slope = share + data.words[0] * x * share * (np.float32(1.0) - share)
        data.first_errors[k] += data.errors[k] * slope


@operator("swish", onnx="Swish", counted_as="sigmoid")
class Swish(Elementwise):
    """x sigmoid(alpha x)."""

    settings = {"alpha": 1.0}
    unbounded = True
    kernels = (LayerKernel("swish", forth, back),)

    def of(self, x: Numbers, alpha: float = 1.0) -> Numbers:
        return x * logistic(alpha * x)
