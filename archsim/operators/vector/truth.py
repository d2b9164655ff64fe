"""Whether a number is true: what a cast to a mask keeps."""

from __future__ import annotations

from archsim.operators.base import Kernel, operator
from archsim.operators.bent import flat
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.masks import one_if
from archsim.operators.numbers import np


def value(x):
    return one_if(x != np.float32(0.0))


@operator("truth")
class Truth(Elementwise):
    """1 where it is not 0, else 0. No error passes back: its slope is 0."""

    forward_actions = {"compare": 1}
    kernels = (Kernel("truth", value, flat, elementwise=True),)

    def of(self, x: Numbers) -> Numbers:
        return np.not_equal(x, 0).astype(np.float32)
