"""Square root."""

from __future__ import annotations

from archsim.operators.base import Kernel, operator
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.numbers import np


def value(x):
    return np.sqrt(x)


def back(error, x, y):
    # A root of zero, which words of few bits give often, has no slope. That of a length or a
    # deviation is zero there, as PyTorch has it.
    return np.float32(0.5) * error / y if y > np.float32(0.0) else np.float32(0.0)


@operator("square_root", onnx="Sqrt")
class SquareRoot(Elementwise):
    """The root, by a table; its slope 1/(2 y) by another, with zero at zero."""

    forward_actions = {"lookup": 1}
    backward_actions = {"lookup": 1, "multiply": 1}
    unbounded = True
    kernels = (Kernel("square root", value, back, elementwise=True),)

    def of(self, x: Numbers) -> Numbers:
        return np.sqrt(x)
