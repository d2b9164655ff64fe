"""Largest value of each window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archsim.operators.arguments import Tensors
from archsim.operators.base import BATCH_FIRST, Kernel, operator
from archsim.operators.numbers import np
from archsim.operators.pools import LargestWork
from archsim.operators.windows import windows

if TYPE_CHECKING:
    from workloads.network import Layer


def pool_largest(inputs, outputs, window, kept):
    """Max pooling; `kept` (float32: exact up to 2^24) remembers where each maximum was. The first
    of equal values wins.
    """
    height, width = window[1], window[2]
    for c in range(window[3]):
        for y in range(window[4]):
            for x in range(window[5]):
                top, left = y * window[8] - window[10], x * window[9] - window[11]
                best, winner = np.float32(-np.inf), np.uint64(0)
                for ky in range(window[6]):
                    row = top + ky * window[12]
                    if row < 0 or row >= height:
                        continue
                    line = (c * height + row) * width
                    for kx in range(window[7]):
                        column = left + kx * window[13]
                        if column >= 0 and column < width:
                            # Selections, not branches: which value is larger cannot be predicted.
                            here = np.uint64(line + column)
                            value = inputs[here]
                            better = value > best
                            best = value if better else best
                            winner = here if better else winner
                target = np.uint64((c * window[4] + y) * window[5] + x)
                outputs[target] = best
                kept[target] = np.float32(winner)


def unpool_largest(inputs, outputs, kept, errors, input_errors, window):
    """The error of a maximum goes to where it came from."""
    for k in range(errors.shape[0]):
        input_errors[int(kept[k])] += errors[k]


LARGEST = Kernel("largest of a window", pool_largest, unpool_largest)


@operator("max_pool", onnx={"MaxPool": BATCH_FIRST})
class MaxPool(LargestWork):
    """Padding never wins."""

    kernels = (LARGEST,)
    keeps_winners = True

    def forward(self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors) -> np.ndarray:
        return windows(inputs[0], layer, -np.inf).max(axis=(3, 4)).transpose(2, 0, 1)
