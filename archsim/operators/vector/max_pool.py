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
    of equal values wins. Windows that lie inside the map, nearly all, go without a look at its edges.
    """
    height, width = window[1], window[2]
    tall, wide = (window[6] - 1) * window[12], (window[7] - 1) * window[13]
    rows = np.uint64(window[6])
    down = np.uint64(window[12] * width)
    columns = np.uint64(window[7])
    across = np.uint64(window[13])
    target = np.uint64(0)
    for c in range(window[3]):
        for y in range(window[4]):
            top = y * window[8] - window[10]
            inside = top >= 0 and top + tall < height
            for x in range(window[5]):
                left = x * window[9] - window[11]
                if inside and left >= 0 and left + wide < width:
                    best, winner = np.float32(-np.inf), np.uint64(0)
                    line = np.uint64((c * height + top) * width + left)
                    for _ in range(rows):
                        here = line
                        for _ in range(columns):
                            # Selections, not branches: which is larger cannot be predicted.
                            value = inputs[here]
                            better = value > best
                            best = value if better else best
                            winner = here if better else winner
                            here += across
                        line += down
                else:
                    best, winner = largest_at_edge(inputs, window, c, top, left)
                outputs[target] = best
                kept[target] = np.float32(winner)
                target += np.uint64(1)


def largest_at_edge(inputs, window, c, top, left):
    """Largest value, and its place, of a window of channel c that may reach over the map."""
    best, winner = np.float32(-np.inf), np.uint64(0)
    for ky in range(window[6]):
        row = top + ky * window[12]
        if row < 0 or row >= window[1]:
            continue
        for kx in range(window[7]):
            column = left + kx * window[13]
            if column >= 0 and column < window[2]:
                here = np.uint64((c * window[1] + row) * window[2] + column)
                better = inputs[here] > best
                best = inputs[here] if better else best
                winner = here if better else winner
    return best, winner


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
