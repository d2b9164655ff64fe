"""Training kernels of functions of one number that are straight lines with bends, whose settings are
words that never change.
"""

from __future__ import annotations

from archsim.operators.kernels import LayerKernel
from archsim.operators.numbers import np


def bound(data, window):
    """`words`: the lowest and the highest value."""
    for k in range(data.first.shape[0]):
        data.outputs[k] = min(max(data.first[k], data.words[0]), data.words[1])


def bound_back(data, window):
    for k in range(data.first.shape[0]):
        # At a bound itself nothing passes, as in PyTorch's Hardtanh.
        inside = data.words[0] < data.first[k] < data.words[1]
        data.first_errors[k] += data.errors[k] if inside else np.float32(0.0)


def lean(data, window):
    """`words`: the slope below zero."""
    for k in range(data.first.shape[0]):
        x = data.first[k]
        data.outputs[k] = x if x >= np.float32(0.0) else data.words[0] * x


def lean_back(data, window):
    for k in range(data.first.shape[0]):
        above = data.first[k] >= np.float32(0.0)
        data.first_errors[k] += data.errors[k] if above else data.words[0] * data.errors[k]


def flat(error, x, y):
    """No error passes back of one number: the slope is zero where there is one."""
    return np.float32(0.0)


BOUND = LayerKernel("clip", bound, bound_back)
LEAN = LayerKernel("leaky relu", lean, lean_back)
