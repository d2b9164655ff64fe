"""Scaled exponential linear unit."""

from __future__ import annotations

from archsim.operators.base import operator
from archsim.operators.elementary import exponential
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.kernels import LayerKernel
from archsim.operators.numbers import np
from archsim.operators.vector.elu import elu


def forth(data, window):
    """`words`: alpha and gamma."""
    for k in range(data.first.shape[0]):
        x = data.first[k]
        data.outputs[k] = data.words[1] * (
            x if x >= np.float32(0.0) else data.words[0] * (exponential(x) - np.float32(1.0))
        )


def back(data, window):
    for k in range(data.first.shape[0]):
        x = data.first[k]
        data.first_errors[k] += data.errors[k] * (
            data.words[1]
            * (np.float32(1.0) if x >= np.float32(0.0) else data.words[0] * exponential(x))
        )


@operator("selu", onnx="Selu", counted_as="sigmoid")
class Selu(Elementwise):
    """gamma elu(x)."""

    settings = {"alpha": 1.67326319217681884765625, "gamma": 1.05070102214813232421875}
    unbounded = True
    kernels = (LayerKernel("selu", forth, back),)

    def of(self, x: Numbers, alpha: float = 1.6732632, gamma: float = 1.0507009) -> Numbers:
        return gamma * elu(x, alpha)
