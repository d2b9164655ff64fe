"""A network with its weights as an ONNX file: what a training left, for other programs.

Each operator is written as one node, or two, in the words of ONNX; what has none here is refused by name.
The importer reads such a file back to the same layers and values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from archsim.operators.arguments import axes_of, count_of, number_of
from archsim.operators.elementwise import Elementwise
from archsim.operators.vector.log_softmax import log_softmax_axes
from archsim.operators.vector.softmax import softmax_axes
from archsim.operators.vocabulary import FUNCTIONS
from hwlib.errors import InputError
from workloads.network import Layer, Network

if TYPE_CHECKING:
    Tensors = Mapping[str, Mapping[str, np.ndarray]]

OPSET, FORM = 18, 9


def write_onnx(network: Network, tensors: Tensors, path: str | Path) -> Path:
    """Write a network with the values of its layers.

    Args:
        network: its first layer's name is that of the input, its last layer's that of the output;
            the first axis of each is the batch.
        tensors: by layer and role; "weights" (groups, outputs, inputs).
        path: of the file.

    Returns:
        the path.

    Raises:
        InputError: without the package onnx, and for an operator that is not written.
    """
    try:
        import onnx
    except ImportError:
        raise InputError(
            "the package onnx is not installed", where=str(path), hint="pip install 'archsim[onnx]'"
        ) from None
    writer = _Writer(onnx, tensors)
    for layer in network.layers:
        writer.layer(layer)
    first, last = network.layers[0], network.layers[-1]
    graph = onnx.helper.make_graph(
        writer.nodes,
        network.name,
        [writer.value(item) for item in network.layers if not item.inputs],
        [writer.value(last)],
        writer.constants,
        doc_string=f"{first.name} to {last.name}",
    )
    opset = onnx.helper.make_operatorsetid("", OPSET)
    model = onnx.helper.make_model(graph, opset_imports=[opset], ir_version=FORM)
    target = Path(path)
    target.write_bytes(model.SerializeToString())
    return target


class _Writer:
    def __init__(self, onnx: Any, tensors: Tensors):
        self.onnx, self.tensors = onnx, tensors
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def value(self, layer: Layer) -> Any:
        kind = self.onnx.TensorProto.FLOAT
        shape = ["N", *layer.output_shape]
        return self.onnx.helper.make_tensor_value_info(layer.name, kind, shape)

    def held(self, layer: Layer, role: str) -> np.ndarray:
        """The values of a role. Raises InputError where there are none."""
        values = self.tensors.get(layer.name, {})
        if role not in values:
            raise InputError("this layer has no values", where=layer.name, got=role)
        return np.asarray(values[role], np.float32)

    def constant(self, layer: Layer, role: str, values: np.ndarray) -> str:
        """The name of a constant of a layer."""
        name = f"{layer.name}.{role}"
        self.constants.append(self.onnx.numpy_helper.from_array(np.asarray(values), name))
        return name

    def node(self, layer: Layer, kind: str, inputs: list[str], **attributes: Any) -> None:
        """The node that gives the layer's output."""
        made = self.onnx.helper.make_node(kind, inputs, [layer.name], name=layer.name, **attributes)
        self.nodes.append(made)

    def layer(self, layer: Layer) -> None:
        if not layer.inputs:
            return
        operator = FUNCTIONS.get(layer.computes)
        write = WRITERS.get(layer.computes)
        if write is None and isinstance(operator, Elementwise) and operator.onnx:
            write = _elementwise
        if write is None or layer.shares:
            raise InputError(
                "this operator is not written to ONNX",
                where=layer.name,
                got=layer.computes,
                allowed=sorted(WRITERS),
            )
        write(self, layer)


def _elementwise(writer: _Writer, layer: Layer) -> None:
    kind = next(iter(FUNCTIONS[layer.computes].onnx))
    writer.node(layer, kind, [*layer.inputs], **dict(layer.settings))


def _clip(writer: _Writer, layer: Layer) -> None:
    ends = [
        writer.constant(layer, name, np.array(number_of(layer, name, usual), np.float32))
        for name, usual in (("low", 0.0), ("high", 6.0))
    ]
    writer.node(layer, "Clip", [*layer.inputs, *ends])


def _conv2d(writer: _Writer, layer: Layer) -> None:
    channels = layer.output_shape[0]
    weights = writer.held(layer, "weights").reshape(channels, -1, *layer.kernel)
    inputs = [*layer.inputs, writer.constant(layer, "weights", weights)]
    if layer.bias:
        inputs.append(writer.constant(layer, "bias", writer.held(layer, "bias")))
    writer.node(layer, "Conv", inputs, group=layer.groups, **_window(layer))


def _window(layer: Layer) -> dict[str, Any]:
    return {
        "kernel_shape": layer.kernel,
        "strides": layer.stride,
        "pads": layer.padding,
        "dilations": layer.dilation,
    }


def _linear(writer: _Writer, layer: Layer) -> None:
    weights = writer.held(layer, "weights")
    weights = weights.reshape(-1, weights.shape[-1])
    product = layer.name if not layer.bias else f"{layer.name}.product"
    turned = writer.constant(layer, "weights", np.ascontiguousarray(weights.T))
    made = writer.onnx.helper.make_node("MatMul", [*layer.inputs, turned], [product], name=product)
    writer.nodes.append(made)
    if layer.bias:
        bias = writer.constant(layer, "bias", writer.held(layer, "bias"))
        writer.node(layer, "Add", [product, bias])


def _pool(kind: str) -> Callable[[_Writer, Layer], None]:
    def write(writer: _Writer, layer: Layer) -> None:
        words = _window(layer)
        if kind == "AveragePool":
            words["count_include_pad"] = int(bool(layer.setting("count_include_pad", False)))
            if words["dilations"] == (1, 1):
                del words["dilations"]  # a word of later versions
        writer.node(layer, kind, [*layer.inputs], **words)

    return write


def _plain(kind: str) -> Callable[[_Writer, Layer], None]:
    return lambda writer, layer: writer.node(layer, kind, [*layer.inputs])


def _reshape(writer: _Writer, layer: Layer) -> None:
    shape = np.array([-1, *layer.output_shape], np.int64)
    writer.node(layer, "Reshape", [*layer.inputs, writer.constant(layer, "shape", shape)])


def _join(kind: str) -> Callable[[_Writer, Layer], None]:
    def write(writer: _Writer, layer: Layer) -> None:
        ranks = {len(shape) for shape in layer.input_shapes}
        if len(ranks) > 1:  # the batch would stand at different places
            raise InputError("operands of different axes are not written", where=layer.name)
        inputs = [*layer.inputs]
        if len(inputs) == 1:
            inputs.append(writer.constant(layer, "operand1", writer.held(layer, "operand1")))
        writer.node(layer, kind, inputs)

    return write


def _batch_norm(writer: _Writer, layer: Layer) -> None:
    scale, shift = writer.held(layer, "scale"), writer.held(layer, "shift")
    numbers = {"scale": scale, "shift": shift, "mean": 0 * scale, "variance": 0 * scale + 1}
    inputs = [writer.constant(layer, role, values) for role, values in numbers.items()]
    writer.node(layer, "BatchNormalization", [*layer.inputs, *inputs], epsilon=0.0)


def _layer_norm(writer: _Writer, layer: Layer) -> None:
    axis = count_of(layer, "axis", len(layer.output_shape) - 1)
    shape = layer.output_shape[axis:]
    affine = bool(layer.constants)
    scale = writer.held(layer, "scale") if affine else np.ones(shape, np.float32)
    inputs = [*layer.inputs, writer.constant(layer, "scale", scale)]
    if affine:
        inputs.append(writer.constant(layer, "shift", writer.held(layer, "shift")))
    epsilon = number_of(layer, "epsilon", 1e-5)
    writer.node(layer, "LayerNormalization", inputs, axis=axis + 1, epsilon=epsilon)


def _softmax(
    kind: str, axes: Callable[[Layer], tuple[int, ...]]
) -> Callable[[_Writer, Layer], None]:
    def write(writer: _Writer, layer: Layer) -> None:
        (axis,) = axes(layer)
        rank = len(layer.output_shape)
        writer.node(layer, kind, [*layer.inputs], axis=axis % rank + 1)

    return write


def _concat(writer: _Writer, layer: Layer) -> None:
    writer.node(layer, "Concat", [*layer.inputs], axis=count_of(layer, "axis") + 1)


def _transpose(writer: _Writer, layer: Layer) -> None:
    axes = axes_of(layer, ())
    writer.node(layer, "Transpose", [*layer.inputs], perm=[0, *(axis + 1 for axis in axes)])


WRITERS: Mapping[str, Callable[[_Writer, Layer], None]] = {
    "clip": _clip,
    "conv2d": _conv2d,
    "linear": _linear,
    "max_pool": _pool("MaxPool"),
    "average_pool": _pool("AveragePool"),
    "global_average_pool": _plain("GlobalAveragePool"),
    "global_max_pool": _plain("GlobalMaxPool"),
    "flatten": _reshape,
    "reshape": _reshape,
    "identity": _plain("Identity"),
    "dropout": _plain("Identity"),
    "add": _join("Add"),
    "multiply": _join("Mul"),
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "softmax": _softmax("Softmax", softmax_axes),
    "log_softmax": _softmax("LogSoftmax", log_softmax_axes),
    "concat": _concat,
    "transpose": _transpose,
    "matmul": _plain("MatMul"),
}
