"""Where a number is none: rows of a softmax whose every entry is masked."""

from __future__ import annotations

from archsim.operators.base import Kernel, operator
from archsim.operators.bent import flat
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.masks import one_if
from archsim.operators.numbers import np


def value(x):
    return one_if(x != x)


@operator("is_nan", onnx="IsNaN")
class IsNan(Elementwise):
    """1 for NaN, else 0. No error passes back: its slope is 0."""

    forward_actions = {"compare": 1}
    kernels = (Kernel("is nan", value, flat, elementwise=True),)

    def of(self, x: Numbers) -> Numbers:
        return np.isnan(x).astype(np.float32)
