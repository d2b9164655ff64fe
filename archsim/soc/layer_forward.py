"""Plain NumPy forward pass of one layer: what the vector unit computes, and the reference of the real-data mode."""

from __future__ import annotations

import numpy as np

from archsim.basics.threads import one_thread
from hwlib.errors import InputError
from workloads.network import Layer

LEAK = 0.01  # slope of leaky_relu where the network file gives none
CLIP = (0.0, 6.0)


def windows(values: np.ndarray, layer: Layer, fill: float) -> np.ndarray:
    """All windows of a (C, H, W) map: (out_h, out_w, C, kernel_h, kernel_w), padded with `fill`."""
    top, left, bottom, right = layer.padding
    (kh, kw), (sh, sw), (dh, dw) = layer.kernel, layer.stride, layer.dilation
    out_h, out_w = layer.output_shape[1:]
    # pooling with ceil mode reaches past the padding given; the fill value covers it
    need_h, need_w = (out_h - 1) * sh + (kh - 1) * dh + 1, (out_w - 1) * sw + (kw - 1) * dw + 1
    height, width = values.shape[1] + top + bottom, values.shape[2] + left + right
    padded = np.pad(values, ((0, 0), (top, bottom + max(0, need_h - height)), (left, right + max(0, need_w - width))), constant_values=fill)
    c, h, w = padded.strides
    return np.lib.stride_tricks.as_strided(padded, (out_h, out_w, values.shape[0], kh, kw), (h * sh, w * sw, c, h * dh, w * dw),
                                           writeable=False)


def array_inputs(layer: Layer, values: np.ndarray, steps: slice) -> np.ndarray:
    """The input vectors (steps, groups x rows) that an array layer reads for the steps given."""
    if layer.operator == "conv2d":
        out_w = layer.output_shape[2]
        view = windows(values, layer, 0.0)
        places = np.arange(steps.start, steps.stop)
        return view[places // out_w, places % out_w].reshape(len(places), -1)
    return values.reshape(-1, layer.input_shapes[0][-1])[steps]


def reference_output(layer: Layer, values: np.ndarray, weights: np.ndarray, bias: np.ndarray | None) -> np.ndarray:
    """Exact output of an array layer. `weights` (groups, outputs, rows), `bias` (groups x outputs,)."""
    shape = layer.matrix
    vectors = array_inputs(layer, values, slice(0, shape.vectors)).reshape(shape.vectors, shape.groups, shape.rows)
    with one_thread():
        result = np.einsum("vgr,gor->vgo", vectors, weights, optimize=True).reshape(shape.vectors, -1)
    return to_map(layer, result if bias is None else result + bias)


def to_map(layer: Layer, vectors: np.ndarray) -> np.ndarray:
    """Output vectors (vectors, channels) as the layer's output shape."""
    if layer.operator == "conv2d":
        return vectors.T.reshape(layer.output_shape)
    return vectors.reshape(layer.output_shape)


def apply(layer: Layer, inputs: list[np.ndarray]) -> np.ndarray:
    """The output of a layer without weights on an array. Batch normalisation counts as folded into the weights.

    Raises InputError for an operator whose meaning the layer table does not carry (slice, pad, transpose, lstm).
    """
    x, operator = inputs[0], layer.operator
    simple = {
        "relu": lambda: np.maximum(x, 0), "leaky_relu": lambda: np.where(x > 0, x, LEAK * x), "clip": lambda: np.clip(x, *CLIP),
        "tanh": lambda: np.tanh(x), "sigmoid": lambda: 1 / (1 + np.exp(-x)), "batch_norm": lambda: x, "identity": lambda: x,
        "dropout": lambda: x, "flatten": lambda: x.reshape(layer.output_shape), "reshape": lambda: x.reshape(layer.output_shape),
        "add": lambda: np.sum(np.broadcast_arrays(*inputs), axis=0), "multiply": lambda: np.prod(np.broadcast_arrays(*inputs), axis=0),
        "concat": lambda: np.concatenate(inputs, axis=0), "global_average_pool": lambda: x.mean(axis=(1, 2)).reshape(layer.output_shape),
        "global_max_pool": lambda: x.max(axis=(1, 2)).reshape(layer.output_shape),
        "max_pool": lambda: windows(x, layer, -np.inf).max(axis=(3, 4)).transpose(2, 0, 1),
        "average_pool": lambda: windows(x, layer, 0.0).mean(axis=(3, 4)).transpose(2, 0, 1),
    }
    if operator in simple:
        return simple[operator]()
    if operator == "softmax":
        shifted = np.exp(x - x.max())
        return shifted / shifted.sum()
    raise InputError(f"the operator '{operator}' cannot carry real data", where=layer.name,
                     hint="run without --data: counts and timing need no values")
