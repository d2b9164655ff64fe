"""The whole part of a number: what a cast to whole numbers keeps."""

from __future__ import annotations

from archsim.operators.base import Kernel, operator
from archsim.operators.bent import flat
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.numbers import np


def value(x):
    return np.trunc(x)


@operator("truncate")
class Truncate(Elementwise):
    """Towards zero. No error passes back: its slope is 0."""

    forward_actions = {"compare": 1}
    kernels = (Kernel("truncate", value, flat, elementwise=True),)

    def of(self, x: Numbers) -> Numbers:
        return np.trunc(x)
