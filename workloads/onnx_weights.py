"""Weight values of an ONNX file in the crossbar view. Only rearrangement is evaluated; nothing else of the file runs."""

from __future__ import annotations

import numpy as np

from hwlib.errors import InputError
from workloads.onnx_builder import Builder, WeightPlace, attributes
from workloads.onnx_model import printable


def layer_weights(builder: Builder, name: str, place: WeightPlace) -> tuple[np.ndarray, np.ndarray | None]:
    """(matrix, bias) of one array layer as `load_weights` describes them. Raises InputError."""
    node, layer = place.node, builder.layers[name]
    values = Constants(builder)
    fields = attributes(node)
    if node.op_type == "LSTM":
        matrix = np.concatenate([values.of(node.input[1])[place.direction], values.of(node.input[2])[place.direction]], axis=1).T
        bias = values.of(node.input[3])[place.direction].reshape(2, -1).sum(axis=0) if layer.bias else None
    elif node.op_type == "Conv":
        weight = values.of(node.input[1])
        matrix = weight.reshape(layer.groups, weight.shape[0] // layer.groups, -1).transpose(0, 2, 1)
        bias = values.of(node.input[2]).reshape(layer.groups, -1) if layer.bias else None
        if layer.groups == 1:
            matrix, bias = matrix[0], bias if bias is None else bias[0]
    elif node.op_type == "Gemm":
        weight = values.of(node.input[1])
        matrix = (weight.T if fields.get("transB", 0) else weight) * fields.get("alpha", 1.0)
        bias = values.of(node.input[2]) * fields.get("beta", 1.0) if layer.bias else None
    else:
        on_left = builder.constant(node.input[0])
        weight = values.of(node.input[0 if on_left else 1])
        weight = weight.reshape(weight.shape[-2:])
        matrix = weight.T if on_left else weight
        bias = values.of(place.bias_tensor) if layer.bias else None
    if bias is not None and node.op_type in ("Gemm", "MatMul"):
        bias = np.broadcast_to(bias.reshape(-1), (layer.output_shape[-1],))
    return np.ascontiguousarray(matrix, np.float32), None if bias is None else np.ascontiguousarray(bias, np.float32)


class Constants:
    """Values of constant tensors: stored ones, and those made from them by rearrangement or by filling."""

    def __init__(self, builder: Builder):
        self._graph = builder.graph
        self._stored = {item.name: item for item in builder.graph.model.graph.initializer}
        self._makers = {name: node for node in builder.graph.nodes for name in node.output if name}

    def of(self, tensor: str) -> np.ndarray:
        """The value of a tensor. Raises InputError where it is not stored in the file in a form that can be read."""
        if tensor in self._stored:
            return self._read(self._stored[tensor], tensor)
        node = self._makers.get(tensor)
        kind = node.op_type if node is not None else ""
        if kind == "Constant":
            stored = [item.t for item in node.attribute if item.name == "value"]
            if stored:
                return self._read(stored[0], tensor)
        if kind in ("Identity", "Cast", "Dropout"):
            return self.of(node.input[0])
        if kind == "Transpose":
            return np.transpose(self.of(node.input[0]), attributes(node).get("perm"))
        if kind in ("Reshape", "Squeeze", "Unsqueeze", "Flatten"):
            return self.of(node.input[0]).reshape(self._graph.shape(tensor, node))
        if kind == "ConstantOfShape":
            fill = [self._read(item.t, tensor) for item in node.attribute if item.name == "value"]
            return np.full(self._graph.shape(tensor, node), fill[0].reshape(-1)[0] if fill else 0.0, np.float32)
        what = f"the values of '{printable(tensor)}' are not stored"
        raise InputError(what, where=self._graph.where, got=kind, hint="export with constant folding")

    def _read(self, stored, tensor: str) -> np.ndarray:
        from onnx import numpy_helper

        if stored.external_data:
            hint = "save the model as one file (onnx.save without external data)"
            raise InputError(f"the values of '{printable(tensor)}' are in another file", where=self._graph.where, hint=hint)
        try:
            return np.asarray(numpy_helper.to_array(stored))
        except (ValueError, TypeError, KeyError) as fault:
            raise InputError(f"the values of '{printable(tensor)}' cannot be read ({fault})", where=self._graph.where) from None
