"""Weight values of an ONNX file in the crossbar view. Only rearrangement is evaluated; nothing else
of the file runs.
"""

from __future__ import annotations

import numpy as np

from workloads.onnx_builder import Builder, WeightPlace, attributes
from workloads.onnx_constants import Constants


def layer_weights(
    builder: Builder, name: str, place: WeightPlace, values: Constants
) -> tuple[np.ndarray, np.ndarray | None]:
    """(matrix, bias) of one array layer as `load_weights` describes them. Raises InputError."""
    node, layer = place.node, builder.layers[name]
    fields = attributes(node)
    if node.op_type == "LSTM":
        matrix = np.concatenate(
            [values.of(node.input[1])[place.direction], values.of(node.input[2])[place.direction]],
            axis=1,
        ).T
        bias = (
            values.of(node.input[3])[place.direction].reshape(2, -1).sum(axis=0)
            if layer.bias
            else None
        )
    elif node.op_type == "Conv":
        weight = values.of(node.input[1])
        matrix = weight.reshape(layer.groups, weight.shape[0] // layer.groups, -1).transpose(
            0, 2, 1
        )
        bias = values.of(node.input[2]).reshape(layer.groups, -1) if layer.bias else None
        if layer.groups == 1:
            matrix, bias = matrix[0], bias if bias is None else bias[0]
    elif node.op_type == "Gemm":
        weight = values.of(node.input[1])
        matrix = (weight.T if fields.get("transB", 0) else weight) * fields.get("alpha", 1.0)
        # A bias of its own, or one that an Add behind it brought.
        bias = (
            None
            if not layer.bias
            else values.of(place.bias_tensor)
            if place.bias_tensor
            else values.of(node.input[2]) * fields.get("beta", 1.0)
        )
    else:
        on_left = builder.constant(node.input[0])
        weight = values.of(node.input[0 if on_left else 1])
        weight = weight.reshape(weight.shape[-2:])
        matrix = weight.T if on_left else weight
        bias = values.of(place.bias_tensor) if layer.bias else None
    if bias is not None and node.op_type in ("Gemm", "MatMul"):
        bias = np.broadcast_to(bias.reshape(-1), (layer.output_shape[-1],))
    return np.ascontiguousarray(matrix, np.float32), None if bias is None else np.ascontiguousarray(
        bias, np.float32
    )
