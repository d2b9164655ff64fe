"""The LSTM cell (Hochreiter and Schmidhuber 1997, with forget gate): element-wise forward and
backward of one time step.
"""

from __future__ import annotations

import numpy as np

from archsim.kernels.compiled import kernel
from archsim.operators.pointwise_kernels import sigmoid, tanh

ONE = np.float32(1.0)


@kernel
def cell_forward(raw, gates, squashed, before, after, outputs):
    """From the array's outputs `raw` (4 H: input, forget, cell, output gate): h = o tanh(c), c = f
    c_before + i g.

    `gates` (4 H) gets i, f, g, o, `squashed` tanh(c), `after` c.
    """
    hidden = outputs.shape[0]
    for k in range(hidden):
        i, f = sigmoid(raw[k]), sigmoid(raw[hidden + k])
        g = tanh(raw[2 * hidden + k])
        o = sigmoid(raw[3 * hidden + k])
        c = f * before[k] + i * g
        gates[k] = i
        gates[hidden + k] = f
        gates[2 * hidden + k] = g
        gates[3 * hidden + k] = o
        after[k], squashed[k] = c, tanh(c)
        outputs[k] = o * squashed[k]


@kernel
def cell_backward(gates, squashed, before, errors, state_errors, cell_errors, raw_errors):
    """Errors of the array's outputs from the error of h (from above and from the next step,
    `state_errors`) and of c.

    `cell_errors` becomes the error of the cell state before this step.
    """
    hidden = errors.shape[0]
    for k in range(hidden):
        i = gates[k]
        f = gates[hidden + k]
        g = gates[2 * hidden + k]
        o = gates[3 * hidden + k]
        error = errors[k] + state_errors[k]
        cell = cell_errors[k] + error * o * (ONE - squashed[k] * squashed[k])
        raw_errors[k] = cell * g * i * (ONE - i)
        raw_errors[hidden + k] = cell * before[k] * f * (ONE - f)
        raw_errors[2 * hidden + k] = cell * i * (ONE - g * g)
        raw_errors[3 * hidden + k] = error * squashed[k] * o * (ONE - o)
        cell_errors[k] = cell * f
