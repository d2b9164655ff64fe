"""Layers with weights, and what makes a transposed convolution of one, as ONNX."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from workloads.network import Layer
from workloads.written.onnx_graph import OnnxWriting, Write
from workloads.written.onnx_units import window_of


def _conv2d(graph: OnnxWriting, layer: Layer) -> None:
    channels = layer.output_shape[0]
    weights = graph.held(layer, "weights").reshape(channels, -1, *layer.kernel)
    inputs = [*layer.inputs, graph.constant(layer, "weights", weights)]
    if layer.bias:
        inputs.append(graph.constant(layer, "bias", graph.held(layer, "bias")))
    graph.node(layer, "Conv", inputs, group=layer.groups, **window_of(layer))


def _linear(graph: OnnxWriting, layer: Layer) -> None:
    weights = graph.held(layer, "weights")
    weights = weights.reshape(-1, weights.shape[-1])
    # MatMul takes the features on the left.
    turned = graph.constant(layer, "weights", np.ascontiguousarray(weights.T))
    if layer.transposed:
        turned = graph.step(layer, "Transpose", [turned], "turned", perm=[1, 0])
    # Not Gemm, which takes matrices only: a linear layer may have further axes.
    if not layer.bias:
        graph.node(layer, "MatMul", [*layer.inputs, turned])
        return
    product = graph.step(layer, "MatMul", [*layer.inputs, turned], "product")
    bias = graph.constant(layer, "bias", graph.held(layer, "bias"))
    graph.node(layer, "Add", [product, bias])


def _fold(graph: OnnxWriting, layer: Layer) -> None:
    """A transposed convolution: with the weights of the product that makes its windows, or with ones
    that take the windows as they are.
    """
    channels = layer.output_shape[0]
    lines = layer.input_shapes[0][0]
    source = layer.inputs[0]
    groups = 1
    # Ones: each window goes to its place as it is.
    weights = np.eye(lines, dtype=np.float32)[None]
    if layer.name in graph.merged:
        product = graph.network.layer(graph.merged[layer.name])
        source = product.inputs[0]
        groups = product.groups
        weights = graph.held(product, "weights").reshape(groups, lines // groups, -1)
    turned = weights.transpose(0, 2, 1).reshape(-1, channels // groups, *layer.kernel)
    whole = [
        (layer.input_shapes[0][1 + axis] - 1) * layer.stride[axis]
        + layer.dilation[axis] * (layer.kernel[axis] - 1)
        + 1
        for axis in (0, 1)
    ]
    # rows and columns at the end that no window reaches are given as less padding there
    after = [whole[axis] - layer.padding[axis] - layer.output_shape[1 + axis] for axis in (0, 1)]
    graph.node(
        layer,
        "ConvTranspose",
        [source, graph.constant(layer, "weights", turned)],
        group=groups,
        kernel_shape=layer.kernel,
        strides=layer.stride,
        dilations=layer.dilation,
        pads=[*layer.padding[:2], *(max(0, size) for size in after)],
        output_padding=[max(0, -size) for size in after],
    )


WRITERS: Mapping[str, Write] = {
    "conv2d": _conv2d,
    "linear": _linear,
    "memory_linear": _linear,
    "fold": _fold,
}
