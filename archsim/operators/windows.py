"""Windows that slide over a feature map: their fields in a network file, their views in NumPy, and
the numbers by which training kernels know them.

The 14 numbers of a window: channels, height, width, out channels, out height, out width, kernel
height, kernel width, stride y, stride x, padding top, padding left, dilation y, dilation x.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from archsim.operators.numbers import np
from archsim.operators.shapes import same_padding, window
from hwlib.errors import InputError

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table
    from workloads.network import Layer

WINDOW_FIELDS = ("kernel", "stride", "padding", "dilation")
WINDOW_NUMBERS = 14


def infer_window(
    table: Table, shape: Shape, stride: tuple[int, int]
) -> tuple[tuple[int, int], dict[str, Any]]:
    """Output (height, width) and the window's fields of `Layer`; `stride` where none is named."""
    kernel = table.pair("kernel")
    dilation = table.pair("dilation", (1, 1))
    stride = table.pair("stride", stride)
    padding = _padding(table, shape, kernel, stride, dilation)
    size = window(shape, kernel, stride, padding, dilation, table.where)
    return size, {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}


def _padding(
    table: Table,
    shape: Shape,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
) -> tuple[int, int, int, int]:
    value = table.values.get("padding", 0)
    if value == "valid":
        return 0, 0, 0, 0
    if value == "same":
        return same_padding(shape, kernel, stride, dilation)
    if isinstance(value, str):
        allowed = "same, valid, a number, [vertical, horizontal], [top, left, bottom, right]"
        raise InputError(
            "unknown padding", where=f"{table.where}.padding", got=value, allowed=allowed
        )
    return four_paddings(table)


def four_paddings(table: Table) -> tuple[int, int, int, int]:
    """Padding written as one number, as [vertical, horizontal] or as [top, left, bottom, right]."""
    value = table.values.get("padding", 0)
    if not isinstance(value, (list, tuple)):
        number = table.integer("padding", 0, lowest=0)
        return number, number, number, number
    numbers = table.integers("padding", lowest=0)
    if len(numbers) not in (2, 4):
        raise InputError(
            "needs one, two or four numbers", where=f"{table.where}.padding", got=value
        )
    top, left, bottom, right = (*numbers, *numbers) if len(numbers) == 2 else numbers
    return top, left, bottom, right


def window_numbers(layer: Layer) -> tuple[int, ...]:
    """The window as training kernels know it."""
    return (
        *layer.input_shapes[0],
        *layer.output_shape,
        *layer.kernel,
        *layer.stride,
        *layer.padding[:2],
        *layer.dilation,
    )


def covered_cells(window, y, x):
    """Input cells inside the image under a window."""
    rows = columns = 0
    for ky in range(window[6]):
        rows += 0 <= y * window[8] - window[10] + ky * window[12] < window[1]
    for kx in range(window[7]):
        columns += 0 <= x * window[9] - window[11] + kx * window[13] < window[2]
    return rows * columns


def windows(values: np.ndarray, layer: Layer, fill: float) -> np.ndarray:
    """All windows of a (C, H, W) map: (out_h, out_w, C, kernel_h, kernel_w), padded with `fill`."""
    top, left, bottom, right = layer.padding
    kh, kw = layer.kernel
    sh, sw = layer.stride
    dh, dw = layer.dilation
    out_h, out_w = layer.output_shape[1:]
    # A single window never moves, and a single cell of it never spreads, whatever the file says.
    sh, sw = (sh if out_h > 1 else 1), (sw if out_w > 1 else 1)
    dh, dw = (dh if kh > 1 else 1), (dw if kw > 1 else 1)
    # pooling with ceil mode reaches past the padding given; the fill value covers it
    need_h = (out_h - 1) * sh + (kh - 1) * dh + 1
    need_w = (out_w - 1) * sw + (kw - 1) * dw + 1
    height, width = values.shape[1] + top + bottom, values.shape[2] + left + right
    below = bottom + max(0, need_h - height)
    beyond = right + max(0, need_w - width)
    padded = values
    if any((top, left, below, beyond)):
        around = ((0, 0), (top, below), (left, beyond))
        padded = np.pad(values, around, constant_values=fill)
    c, h, w = padded.strides
    return np.lib.stride_tricks.as_strided(
        padded,
        (out_h, out_w, values.shape[0], kh, kw),
        (h * sh, w * sw, c, h * dh, w * dw),
        writeable=False,
    )


def without_padding(layer: Layer) -> Layer:
    """The layer over an image that holds its padding already."""
    return dataclasses.replace(layer, padding=(0, 0, 0, 0))
