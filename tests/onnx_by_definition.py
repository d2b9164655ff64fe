"""ONNX operators written out from their definitions, in loops, for forms at which the reference
evaluator of onnx 1.23 departs from them.

It takes no dilation into account under auto_pad, gives wrong sizes for padding at one side, pads
negatively where a stride passes the kernel, walks over images instead of channels in LRN, and takes
the wrong axes of a line in GlobalMaxPool.
"""

import itertools
import math

import numpy as np
from onnx.reference.op_run import OpRun


def _pool(x, combine, attributes, counts_padding):
    kernel = attributes["kernel_shape"]
    rank = len(kernel)
    strides = attributes["strides"] or [1] * rank
    dilations = attributes["dilations"] or [1] * rank
    pads = attributes["pads"] or [0] * (2 * rank)
    auto = attributes["auto_pad"] or "NOTSET"
    ceil = attributes["ceil_mode"]
    size = x.shape[2:]
    out = []
    before = []
    after = []
    for axis in range(rank):
        reach = (kernel[axis] - 1) * dilations[axis] + 1
        if auto.startswith("SAME"):
            count = math.ceil(size[axis] / strides[axis])
            total = max(0, (count - 1) * strides[axis] + reach - size[axis])
            low = total // 2 if auto == "SAME_UPPER" else total - total // 2
            pair = low, total - low
        else:
            pair = (0, 0) if auto == "VALID" else (pads[axis], pads[axis + rank])
            room = size[axis] + sum(pair) - reach
            count = (math.ceil if ceil else math.floor)(room / strides[axis]) + 1
            # no window begins in the padding behind
            if (count - 1) * strides[axis] >= size[axis] + pair[0]:
                count -= 1
        out.append(count)
        before.append(pair[0])
        after.append(pair[1])
    result = np.zeros((*x.shape[:2], *out), x.dtype)
    for index in itertools.product(*map(range, out)):
        values = []
        counted = 0
        for step in itertools.product(*map(range, kernel)):
            at = [index[a] * strides[a] + step[a] * dilations[a] - before[a] for a in range(rank)]
            if all(0 <= at[a] < size[a] for a in range(rank)):
                values.append(x[(slice(None), slice(None), *at)])
            counted += all(-before[a] <= at[a] < size[a] + after[a] for a in range(rank))
        result[(slice(None), slice(None), *index)] = combine(
            values, counted if counts_padding else len(values)
        )
    return result


class MaxPool(OpRun):
    op_domain = ""

    def _run(self, x, **attributes):
        return (_pool(x, lambda values, count: np.max(values, axis=0), attributes, False),)


class AveragePool(OpRun):
    op_domain = ""

    def _run(self, x, **attributes):
        return (
            _pool(
                x,
                lambda values, count: np.sum(values, axis=0) / count,
                attributes,
                attributes["count_include_pad"],
            ),
        )


class GlobalMaxPool(OpRun):
    op_domain = ""

    def _run(self, x):
        return (x.max(axis=tuple(range(2, x.ndim)), keepdims=True),)


class LRN(OpRun):
    op_domain = ""

    def _run(self, x, alpha=None, beta=None, bias=None, size=None):
        sums = np.zeros_like(x)
        for c in range(x.shape[1]):
            low = max(0, c - math.floor((size - 1) / 2))
            high = min(x.shape[1] - 1, c + math.ceil((size - 1) / 2))
            sums[:, c] = (x[:, low : high + 1] ** 2).sum(axis=1)
        return (x / (bias + alpha / size * sums) ** beta,)


OPERATORS = [MaxPool, AveragePool, GlobalMaxPool, LRN]
