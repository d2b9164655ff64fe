"""Overlapping windows added up to one map: the second half of a transposed convolution."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

from archsim.operators.arguments import Tensors, Work
from archsim.operators.array.conv2d import gather_windows, scatter_windows
from archsim.operators.base import BATCH_FIRST, IMAGE, Kernel, Operator, TrainingRow, operator
from archsim.operators.numbers import np
from archsim.operators.shapes import need_rank
from archsim.operators.sizes import Output
from archsim.operators.windows import WINDOW_FIELDS, four_paddings, window_numbers
from hwlib.errors import InputError

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table
    from workloads.network import Layer


def fold_windows(inputs, outputs, window, kept):
    """Every window is added where a convolution of the same kernel would have read it."""
    outputs[:] = np.float32(0.0)
    lines = window[0] * window[6] * window[7]
    scatter_windows(inputs.reshape((lines, window[4] * window[5])), window, outputs)


def unfold_errors(inputs, outputs, kept, errors, input_errors, window):
    """The error of a sum goes to all that was added to it."""
    lines = window[0] * window[6] * window[7]
    block = np.empty((lines, window[4] * window[5]), np.float32)
    gather_windows(errors, window, block)
    input_errors += block.reshape(-1)


FOLDED = Kernel("windows added up", fold_windows, unfold_errors)


@operator("fold", onnx={"ConvTranspose": BATCH_FIRST})
class Fold(Operator):
    """(channels x kernel height x kernel width, height, width): a window of outputs for each input
    position. What reaches past the border, or into `padding`, is dropped.
    """

    fields = (*WINDOW_FIELDS, "output_padding")
    meanings = {"output_padding": "of `fold`: rows and columns more at the end"}
    kernels = (FOLDED,)

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        need_rank(shapes[0], 3, table.where, IMAGE)
        kernel = table.pair("kernel")
        cells = kernel[0] * kernel[1]
        if shapes[0][0] % cells:
            raise InputError(
                "the channels of its input are not whole windows",
                where=f"{table.where}.kernel",
                got=shapes[0][0],
                allowed=f"a multiple of {cells}",
            )
        stride = table.pair("stride", (1, 1))
        dilation = table.pair("dilation", (1, 1))
        padding = four_paddings(table)
        # rows and columns at the end that the strides alone leave open
        more = table.integer("output_padding", 0, lowest=0)
        size = tuple(
            (shapes[0][1 + axis] - 1) * stride[axis]
            + dilation[axis] * (kernel[axis] - 1)
            + 1
            - padding[axis]
            - padding[axis + 2]
            + more
            for axis in (0, 1)
        )
        if min(size) < 1:
            raise InputError("nothing is left", where=f"{table.where}.padding", got=padding)
        fields = {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}
        return Output((shapes[0][0] // cells, *size), fields)

    def takes_product(self, product: Layer) -> bool:
        plain = product.kernel == (1, 1) and product.stride == (1, 1) and not any(product.padding)
        return product.operator == "conv2d" and plain and not product.bias

    def forward_work(self, layer: Layer) -> Work:
        return {"add": max(0, layer.input_elements - layer.output_elements)}

    def backward_work(self, layer: Layer) -> Work:
        # errors are only read, once for each value that was added
        return {}

    def forward(self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors) -> np.ndarray:
        channels, height, width = layer.output_shape
        kh, kw = layer.kernel
        sh, sw = layer.stride
        dh, dw = layer.dilation
        top, left = layer.padding[:2]
        rows, columns = inputs[0].shape[1:]
        whole = np.zeros(
            (
                channels,
                max((rows - 1) * sh + dh * (kh - 1) + 1, top + height),
                max((columns - 1) * sw + dw * (kw - 1) + 1, left + width),
            ),
            inputs[0].dtype,
        )
        parts = inputs[0].reshape(channels, kh, kw, rows, columns)
        for ky in range(kh):
            for kx in range(kw):
                y, x = ky * dh, kx * dw
                target = whole[
                    :, y : y + (rows - 1) * sh + 1 : sh, x : x + (columns - 1) * sw + 1 : sw
                ]
                target += parts[:, ky, kx]
        return whole[:, top : top + height, left : left + width]

    def training(self, layer: Layer, where: str) -> tuple[TrainingRow, ...]:
        # the numbers of the convolution that reads the windows of the sum
        turned = dataclasses.replace(
            layer, input_shapes=(layer.output_shape,), output_shape=layer.input_shapes[0]
        )
        return (TrainingRow(FOLDED, window=window_numbers(turned)),)
