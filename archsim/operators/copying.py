"""Training kernels of operators that only bring values elsewhere."""

from __future__ import annotations

from archsim.operators.base import Kernel


def copy(inputs, outputs, window, kept):
    for k in range(outputs.shape[0]):  # a whole array at once takes numba three seconds to compile
        outputs[k] = inputs[k]


def accumulate(inputs, outputs, window, kept):
    for k in range(outputs.shape[0]):
        outputs[k] += inputs[k]


def pass_on(inputs, outputs, kept, errors, input_errors, window):
    for k in range(errors.shape[0]):
        # Added, as several layers may read one output.
        input_errors[k] += errors[k]


COPY = Kernel("copy", copy, pass_on)
ACCUMULATE = Kernel("accumulate", accumulate, pass_on)
