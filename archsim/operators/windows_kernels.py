"""Convolution windows as array inputs, and pooling. A block holds one vector a column: (lines,
vectors), so feature maps need no transpose.

`shape` is (channels, height, width, out channels, out height, out width, kernel height, kernel
width, stride y, stride x, padding top, padding left, dilation y, dilation x) as the int64 row of
`program`.
"""

from __future__ import annotations

import numpy as np

from archsim.kernels.compiled import kernel

U = np.uint64
ZERO, ONE = np.float32(0.0), np.float32(1.0)


@kernel
def covered(out, size, stride, padding, offset):
    """First and last + 1 of the `out` output places whose input place place*stride - padding +
    offset lies in 0 … size - 1.
    """
    low, high = padding - offset, size - 1 + padding - offset
    first = (low + stride - 1) // stride if low > 0 else 0
    last = high // stride + 1 if high >= 0 else 0
    return first, max(first, min(out, last))


@kernel
def copy_run(source, start, target, place, count):
    """target[place …] = source[start …]. Unsigned places: numba looks for negative ones otherwise,
    which costs more than the copy.
    """
    a, b = U(start), U(place)
    for k in range(U(count)):
        target[b + k] = source[a + k]


@kernel
def add_run(source, start, target, place, count):
    """target[place …] += source[start …]."""
    a, b = U(start), U(place)
    for k in range(U(count)):
        target[b + k] += source[a + k]


@kernel
def gather_windows(image, shape, bias, block):
    """block[line, position] = the image value under kernel element `line` at an output position;
    the last line is 1 with a bias.
    """
    channels = shape[0]
    height = shape[1]
    width = shape[2]
    out_y = shape[4]
    out_x = shape[5]
    line = 0
    for c in range(channels):
        for ky in range(shape[6]):
            for kx in range(shape[7]):
                target = block[line]
                line += 1
                top, left = ky * shape[12] - shape[10], kx * shape[13] - shape[11]
                y0, y1 = covered(out_y, height, shape[8], shape[10], ky * shape[12])
                x0, x1 = covered(out_x, width, shape[9], shape[11], kx * shape[13])
                if y0 > 0 or x0 > 0 or y1 < out_y or x1 < out_x:
                    target[:] = ZERO
                for y in range(y0, y1):
                    source = (c * height + y * shape[8] + top) * width + left
                    if shape[9] == 1:
                        copy_run(image, source + x0, target, y * out_x + x0, x1 - x0)
                    else:
                        for x in range(x0, x1):
                            target[y * out_x + x] = image[source + x * shape[9]]
    if bias:
        block[line, :] = ONE


@kernel
def scatter_windows(block, shape, image):
    """image += the block's lines, each at the places it was gathered from: the transpose of
    `gather_windows`.
    """
    channels = shape[0]
    height = shape[1]
    width = shape[2]
    out_y = shape[4]
    out_x = shape[5]
    line = 0
    for c in range(channels):
        for ky in range(shape[6]):
            for kx in range(shape[7]):
                source = block[line]
                line += 1
                top, left = ky * shape[12] - shape[10], kx * shape[13] - shape[11]
                y0, y1 = covered(out_y, height, shape[8], shape[10], ky * shape[12])
                x0, x1 = covered(out_x, width, shape[9], shape[11], kx * shape[13])
                for y in range(y0, y1):
                    target = (c * height + y * shape[8] + top) * width + left
                    if shape[9] == 1:
                        add_run(source, y * out_x + x0, image, target + x0, x1 - x0)
                    else:
                        for x in range(x0, x1):
                            image[target + x * shape[9]] += source[y * out_x + x]


@kernel
def pool_largest(image, shape, outputs, places):
    """Max pooling; `places` (float32: exact up to 2^24) keeps where each maximum was. The first of
    equal values wins.
    """
    height, width = shape[1], shape[2]
    for c in range(shape[3]):
        for y in range(shape[4]):
            for x in range(shape[5]):
                top, left = y * shape[8] - shape[10], x * shape[9] - shape[11]
                best, place = np.float32(-np.inf), U(0)
                for ky in range(shape[6]):
                    row = top + ky * shape[12]
                    if row < 0 or row >= height:
                        continue
                    line = (c * height + row) * width
                    for kx in range(shape[7]):
                        column = left + kx * shape[13]
                        if column >= 0 and column < width:
                            # Selections, not branches: which value is larger cannot be predicted.
                            here = U(line + column)
                            value = image[here]
                            better = value > best
                            best = value if better else best
                            place = here if better else place
                target = U((c * shape[4] + y) * shape[5] + x)
                outputs[target] = best
                places[target] = np.float32(place)


@kernel
def unpool_largest(errors, places, image_errors):
    """The error of a maximum goes to the place it came from."""
    for k in range(errors.shape[0]):
        image_errors[int(places[k])] += errors[k]


@kernel
def window_cells(shape, y, x):
    """Input cells inside the image under a window."""
    rows = columns = 0
    for ky in range(shape[6]):
        rows += 0 <= y * shape[8] - shape[10] + ky * shape[12] < shape[1]
    for kx in range(shape[7]):
        columns += 0 <= x * shape[9] - shape[11] + kx * shape[13] < shape[2]
    return rows * columns


@kernel
def pool_average(image, shape, outputs, backward):
    """Average over the cells inside the image; backward: the error `outputs` is spread evenly and
    added to `image`.
    """
    height, width = shape[1], shape[2]
    for y in range(shape[4]):
        for x in range(shape[5]):
            share = ONE / np.float32(max(1, window_cells(shape, y, x)))
            for c in range(shape[3]):
                target = (c * shape[4] + y) * shape[5] + x
                total = ZERO
                for ky in range(shape[6]):
                    row = y * shape[8] - shape[10] + ky * shape[12]
                    for kx in range(shape[7]):
                        column = x * shape[9] - shape[11] + kx * shape[13]
                        if 0 <= row < height and 0 <= column < width:
                            here = (c * height + row) * width + column
                            if backward:
                                image[here] += outputs[target] * share
                            else:
                                total += image[here]
                if not backward:
                    outputs[target] = total * share
