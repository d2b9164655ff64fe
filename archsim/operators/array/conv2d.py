"""Convolution: each window of the image is one vector of the array."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from archsim.operators.base import BATCH_FIRST, IMAGE, ArrayKernel, TrainingRow, operator
from archsim.operators.elementary import add_shifted, copy_run
from archsim.operators.matrix import Matrix
from archsim.operators.numbers import np
from archsim.operators.on_array import OnArray, Positions
from archsim.operators.shapes import need_rank
from archsim.operators.sizes import Output
from archsim.operators.windows import WINDOW_FIELDS, infer_window, window_numbers, windows
from hwlib.errors import InputError

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table
    from workloads.network import Layer


def covered(out, size, stride, padding, offset):
    """First and last + 1 of the `out` outputs whose input at output*stride - padding + offset lies
    in 0 … size - 1.
    """
    low, high = padding - offset, size - 1 + padding - offset
    # Of whole numbers alone: rounded up for the first, down for the last.
    first = (low + stride - 1) // stride if low > 0 else 0
    last = high // stride + 1 if high >= 0 else 0
    return first, max(first, min(out, last))


def add_run(source, start, target, first, count):
    """target[first …] += source[start …]. Unsigned numbers: numba looks for negative ones otherwise,
    which costs more than the sum.
    """
    a, b = np.uint64(start), np.uint64(first)
    for k in range(np.uint64(count)):
        # One after the other: windows overlap, and the order of a sum is part of its bits.
        target[b + k] += source[a + k]


def gather_windows(image, window, block):
    """block[line, position] = the image value under kernel element `line` at an output position.
    One vector a column: feature maps need no transpose.
    """
    channels = window[0]
    height = window[1]
    width = window[2]
    out_y = window[4]
    out_x = window[5]
    line = 0
    for c in range(channels):
        for ky in range(window[6]):
            y0, y1 = covered(out_y, height, window[8], window[10], ky * window[12])
            for kx in range(window[7]):
                target = block[line]
                line += 1
                top, left = ky * window[12] - window[10], kx * window[13] - window[11]
                x0, x1 = covered(out_x, width, window[9], window[11], kx * window[13])
                # Only where padding shows: the memory holds what the image before left there.
                if y0 > 0 or x0 > 0 or y1 < out_y or x1 < out_x:
                    for k in range(target.shape[0]):
                        target[k] = np.float32(0.0)
                for y in range(y0, y1):
                    source = (c * height + y * window[8] + top) * width + left
                    if window[9] == 1:
                        copy_run(image, source + x0, target, y * out_x + x0, x1 - x0)
                    else:
                        for x in range(x0, x1):
                            target[y * out_x + x] = image[source + x * window[9]]


def scatter_rows(block, window, image):
    """`scatter_windows` of strides of one, row after row of the image: each value adds up what it
    gets in the same order, but is loaded and stored once for a row of the kernel.
    """
    height, width = window[1], window[2]
    out_y, out_x = window[4], window[5]
    for c in range(window[0]):
        for row in range(height):
            target = (c * height + row) * width
            for ky in range(window[6]):
                y = row + window[10] - ky * window[12]
                if y >= 0 and y < out_y:
                    line = (c * window[6] + ky) * window[7]
                    span = (y * out_x, out_x, window[11])
                    add_shifted(block, line, window[7], span, image, target, width)


def _lies_in_rows(window):
    """Whether the values of a row of the image lie side by side in the block."""
    return window[8] == 1 and window[9] == 1 and window[13] == 1


def scatter_windows(block, window, image):
    """image += the block's lines, each where it was gathered from: the transpose of
    `gather_windows`.
    """
    if _lies_in_rows(window):
        scatter_rows(block, window, image)
        return
    channels = window[0]
    height = window[1]
    width = window[2]
    out_y = window[4]
    out_x = window[5]
    line = 0
    for c in range(channels):
        for ky in range(window[6]):
            y0, y1 = covered(out_y, height, window[8], window[10], ky * window[12])
            for kx in range(window[7]):
                source = block[line]
                line += 1
                top, left = ky * window[12] - window[10], kx * window[13] - window[11]
                x0, x1 = covered(out_x, width, window[9], window[11], kx * window[13])
                for y in range(y0, y1):
                    target = (c * height + y * window[8] + top) * width + left
                    if window[9] == 1:
                        add_run(source, y * out_x + x0, image, target + x0, x1 - x0)
                    else:
                        for x in range(x0, x1):
                            image[target + x * window[9]] += source[y * out_x + x]


WINDOWS = ArrayKernel("windows of an image", gather_windows, scatter_rows)
# Few networks have these on an array's way back: the code of both would be compiled for each.
STRIDED = ArrayKernel("windows of an image in strides", gather_windows, scatter_windows)


@operator("conv2d", onnx={"Conv": BATCH_FIRST})
class Conv2d(OnArray):
    """Kernels of all input channels of a group; biases are a further line of the array."""

    fields = ("channels", *WINDOW_FIELDS, "groups", "bias", "shares")
    sliding = True
    kernels = (WINDOWS, STRIDED)

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        shape = shapes[0]
        need_rank(shape, 3, table.where, IMAGE, "put a reshape layer before it")
        channels = table.integer("channels")
        groups = table.integer("groups", 1)
        if shape[0] % groups or channels % groups:
            raise InputError(
                "must divide the input and output channels",
                where=f"{table.where}.groups",
                got=groups,
                allowed=f"divisors of {shape[0]} and {channels}",
            )
        size, fields = infer_window(table, shape, (1, 1))
        return Output((channels, *size), fields | {"groups": groups, "bias": table.flag("bias")})

    def matrix(self, layer: Layer) -> Matrix:
        channels, height, width = layer.output_shape
        # Channels first: the order in which `gather_windows` fills a column.
        rows = layer.kernel[0] * layer.kernel[1] * layer.input_shapes[0][0] // layer.groups
        return Matrix(rows, channels // layer.groups, layer.groups, height * width)

    def fresh_inputs(self, layer: Layer) -> float:
        # A window shares all columns with its neighbour but those of the stride.
        inputs = super().fresh_inputs(layer)
        return inputs * min(layer.stride[1], layer.kernel[1]) / layer.kernel[1]

    def error_sums(self, layer: Layer) -> int:
        shape = layer.matrix
        overlap = any(_overlap(layer, axis) for axis in (0, 1))
        # Windows that share no value give each error to its own place: nothing is added.
        return shape.rows * shape.groups * shape.vectors if overlap else 0

    def vectors(self, layer: Layer, values: np.ndarray, steps: slice) -> np.ndarray:
        width = layer.output_shape[2]
        view = windows(values, layer, 0.0)
        positions = np.arange(steps.start, steps.stop)
        return view[positions // width, positions % width].reshape(len(positions), -1)

    def positions(self, layer: Layer) -> Positions:
        _, height, width = layer.input_shapes[0]
        # the numbers of the values of a channel, so that windows say which they have
        numbers = np.arange(height * width, dtype=np.int32).reshape(1, height, width)
        taps = windows(numbers, layer, -1).reshape(layer.matrix.vectors, -1)
        return Positions(np.ascontiguousarray(taps.T), height * width)

    def outputs(self, layer: Layer, held: np.ndarray) -> np.ndarray:
        return held.reshape(layer.output_shape[0], -1).T

    def to_map(self, layer: Layer, vectors: np.ndarray) -> np.ndarray:
        return vectors.T.reshape(layer.output_shape)

    def training(self, layer: Layer, where: str) -> tuple[TrainingRow, ...]:
        window = window_numbers(layer)
        groups = layer.groups
        channels = window[0] // groups
        outputs = window[3] // groups
        own = (channels, *window[1:3], outputs, *window[4:])
        taken = math.prod(own[:3])
        size = math.prod(own[3:6])
        kernel = WINDOWS if _lies_in_rows(own) else STRIDED
        # each group is a matrix of its own, that reads its own channels
        return tuple(
            TrainingRow(kernel, 0, group * size, size, own, first=group * taken, taken=taken)
            for group in range(groups)
        )


def _overlap(layer: Layer, axis: int) -> bool:
    """Whether two windows share a line along an axis: where the distance of two taps is one of
    whole strides.
    """
    stride = layer.stride[axis]
    outputs = layer.output_shape[1 + axis]
    distances = (tap * layer.dilation[axis] for tap in range(1, layer.kernel[axis]))
    return any(distance % stride == 0 and distance // stride < outputs for distance in distances)
