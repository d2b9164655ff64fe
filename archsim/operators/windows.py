"""Windows that slide over a feature map, and pooling over them."""

from __future__ import annotations

import numpy as np

from workloads.network import Layer


def windows(values: np.ndarray, layer: Layer, fill: float) -> np.ndarray:
    """All windows of a (C, H, W) map: (out_h, out_w, C, kernel_h, kernel_w), padded with `fill`."""
    top, left, bottom, right = layer.padding
    (kh, kw), (sh, sw), (dh, dw) = layer.kernel, layer.stride, layer.dilation
    out_h, out_w = layer.output_shape[1:]
    # A single window never moves, and a single cell of it never spreads, whatever the file says.
    sh, sw = (sh if out_h > 1 else 1), (sw if out_w > 1 else 1)
    dh, dw = (dh if kh > 1 else 1), (dw if kw > 1 else 1)
    # pooling with ceil mode reaches past the padding given; the fill value covers it
    need_h = (out_h - 1) * sh + (kh - 1) * dh + 1
    need_w = (out_w - 1) * sw + (kw - 1) * dw + 1
    height, width = values.shape[1] + top + bottom, values.shape[2] + left + right
    padded = np.pad(
        values,
        ((0, 0), (top, bottom + max(0, need_h - height)), (left, right + max(0, need_w - width))),
        constant_values=fill,
    )
    c, h, w = padded.strides
    return np.lib.stride_tricks.as_strided(
        padded,
        (out_h, out_w, values.shape[0], kh, kw),
        (h * sh, w * sw, c, h * dh, w * dw),
        writeable=False,
    )


def max_pool(layer: Layer, values: np.ndarray) -> np.ndarray:
    """The largest value of each window; padding never wins."""
    return windows(values, layer, -np.inf).max(axis=(3, 4)).transpose(2, 0, 1)


def average_pool(layer: Layer, values: np.ndarray) -> np.ndarray:
    """The mean of each window over what counts: the image, and its padding where
    `count_include_pad` says so.

    What ceil mode adds behind the padding never counts.
    """
    sums = windows(values, layer, 0.0).sum(axis=(3, 4)).transpose(2, 0, 1)
    inside = np.ones((1, *values.shape[1:]))
    if not layer.setting("count_include_pad", False):
        return sums / windows(inside, layer, 0.0).sum(axis=(3, 4)).transpose(2, 0, 1)
    top, left, bottom, right = layer.padding
    padded = np.ones((1, values.shape[1] + top + bottom, values.shape[2] + left + right))
    return sums / _windows_without_padding(padded, layer).sum(axis=(3, 4)).transpose(2, 0, 1)


def _windows_without_padding(values: np.ndarray, layer: Layer) -> np.ndarray:
    import dataclasses

    return windows(values, dataclasses.replace(layer, padding=(0, 0, 0, 0)), 0.0)
