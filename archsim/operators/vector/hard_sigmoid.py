"""Hard sigmoid."""

from __future__ import annotations

from archsim.operators.base import operator
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.kernels import LayerKernel
from archsim.operators.numbers import np


def forth(data, window):
    """`words`: slope and height of the line."""
    for k in range(data.first.shape[0]):
        value = data.words[0] * data.first[k] + data.words[1]
        data.outputs[k] = min(max(value, np.float32(0.0)), np.float32(1.0))


def back(data, window):
    for k in range(data.first.shape[0]):
        value = data.words[0] * data.first[k] + data.words[1]
        inside = np.float32(0.0) < value < np.float32(1.0)
        data.first_errors[k] += data.words[0] * data.errors[k] if inside else np.float32(0.0)


@operator("hard_sigmoid", onnx="HardSigmoid", counted_as="clip")
class HardSigmoid(Elementwise):
    """A line, clipped to 0 … 1."""

    settings = {"alpha": 0.2, "beta": 0.5}
    kernels = (LayerKernel("hard sigmoid", forth, back),)

    def of(self, x: Numbers, alpha: float = 0.2, beta: float = 0.5) -> Numbers:
        return np.clip(alpha * x + beta, 0, 1)
