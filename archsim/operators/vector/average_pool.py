"""Mean of each window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archsim.operators.arguments import Tensors
from archsim.operators.base import BATCH_FIRST, Kernel, TrainingRow, operator
from archsim.operators.numbers import np
from archsim.operators.pools import AverageWork
from archsim.operators.windows import covered_cells, windows, without_padding
from hwlib.errors import InputError

if TYPE_CHECKING:
    from workloads.network import Layer


def pool_average(inputs, outputs, window, kept):
    """Average over the cells inside the image."""
    height, width = window[1], window[2]
    for y in range(window[4]):
        for x in range(window[5]):
            share = np.float32(1.0) / np.float32(max(1, covered_cells(window, y, x)))
            for c in range(window[3]):
                total = np.float32(0.0)
                for ky in range(window[6]):
                    row = y * window[8] - window[10] + ky * window[12]
                    for kx in range(window[7]):
                        column = x * window[9] - window[11] + kx * window[13]
                        if 0 <= row < height and 0 <= column < width:
                            total += inputs[(c * height + row) * width + column]
                outputs[(c * window[4] + y) * window[5] + x] = total * share


def spread_average(inputs, outputs, kept, errors, input_errors, window):
    """The error of a mean is spread evenly over the cells inside the image."""
    height, width = window[1], window[2]
    for y in range(window[4]):
        for x in range(window[5]):
            share = np.float32(1.0) / np.float32(max(1, covered_cells(window, y, x)))
            for c in range(window[3]):
                target = (c * window[4] + y) * window[5] + x
                for ky in range(window[6]):
                    row = y * window[8] - window[10] + ky * window[12]
                    for kx in range(window[7]):
                        column = x * window[9] - window[11] + kx * window[13]
                        if 0 <= row < height and 0 <= column < width:
                            here = (c * height + row) * width + column
                            input_errors[here] += errors[target] * share


MEAN = Kernel("mean of a window", pool_average, spread_average)


@operator("average_pool", onnx={"AveragePool": BATCH_FIRST})
class AveragePool(AverageWork):
    """Over what counts: the image, and its padding where `count_include_pad` says so. What ceil
    mode adds behind the padding never counts.
    """

    fields = (*AverageWork.fields, "count_include_pad")
    kernels = (MEAN,)

    def forward(self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors) -> np.ndarray:
        values = inputs[0]
        sums = windows(values, layer, 0.0).sum(axis=(3, 4)).transpose(2, 0, 1)
        inside = np.ones((1, *values.shape[1:]))
        if not layer.setting("count_include_pad", False):
            return sums / windows(inside, layer, 0.0).sum(axis=(3, 4)).transpose(2, 0, 1)
        top, left, bottom, right = layer.padding
        padded = np.ones((1, values.shape[1] + top + bottom, values.shape[2] + left + right))
        counted = windows(padded, without_padding(layer), 0.0)
        return sums / counted.sum(axis=(3, 4)).transpose(2, 0, 1)

    def training(self, layer: Layer, where: str) -> tuple[TrainingRow, ...]:
        if any(layer.padding) and layer.setting("count_include_pad", False):
            raise InputError(
                "training averages over the image only",
                where=where,
                got="count_include_pad",
                hint="pad with zeros before it, or take a pool without padding",
            )
        return super().training(layer, where)
