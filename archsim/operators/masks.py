"""Training kernels of masks: 1 where something is true of numbers, else 0. No error passes back through
one, as its slope is 0 wherever it has a slope.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archsim.operators.numbers import np
from archsim.operators.pairs import JoinKernels, join_kernels


def one_if(true):
    return np.float32(1.0) if true else np.float32(0.0)


def nothing(error, first, second, y):
    return np.float32(0.0)


def mask_kernels(name: str, value: Callable[..., Any]) -> JoinKernels:
    """How a mask of two operands runs in a training.

    Args:
        name: of the machine code.
        value: (first, second): 1 or 0, float32.
    """
    return join_kernels(name, value, nothing, nothing, own=False)
