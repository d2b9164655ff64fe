"""ONNX element-wise operators, normalisations and joins as layers of the digital vector unit."""

from __future__ import annotations

import math

from workloads.onnx_builder import Builder, attributes

_PLAIN = {
    "Relu": "relu",
    "LeakyRelu": "leaky_relu",
    "PRelu": "leaky_relu",
    "Clip": "clip",
    "Tanh": "tanh",
    "Sigmoid": "sigmoid",
    "Softmax": "softmax",
    "BatchNormalization": "batch_norm",
    "Dropout": "dropout",
}
_COUNTED_AS = {
    "LogSoftmax": "softmax",
    "HardSigmoid": "clip",
    "ThresholdedRelu": "relu",
    **dict.fromkeys(("Elu", "Selu", "Celu", "Softplus", "Softsign", "Gelu", "Mish", "Swish", "Erf", "Exp"), "sigmoid"),
}
"""Operators that cost what another one costs: one table look-up, or one comparison chain, an element."""


def _plain(operator: str):
    def convert(builder: Builder, node) -> None:
        builder.emit(node, operator, (node.input[0],))

    return convert


def _counted_as(kind: str, operator: str):
    def convert(builder: Builder, node) -> None:
        builder.note(f"{kind} is counted as {operator}")
        builder.emit(node, operator, (node.input[0],))

    return convert


def _response_norm(builder: Builder, node) -> None:
    size = attributes(node).get("size", 1)
    if size < 1:
        raise builder.fault(node, "size must be 1 or more", got=size)
    builder.emit(node, "local_response_norm", (node.input[0],), kernel=(size, 1))


def _element_wise(operator: str, kind: str):
    """Add, Sum, Mul, Sub and Div. A constant operand is no input; a layer with one input has a constant second operand."""

    def convert(builder: Builder, node) -> None:
        tensors = tuple(name for name in node.input if not builder.constant(name))
        constants = tuple(name for name in node.input if builder.constant(name))
        if kind == "Div" and (not constants or constants[0] != node.input[1]):
            raise builder.fault(node, "division by an activation is not supported", "cut the network before it")
        if kind in ("Sub", "Div"):
            builder.note(f"{kind} is counted as {operator}")
        if kind == "Add" and len(tensors) == 1 and _fold_bias(builder, node, tensors[0], constants[0]):
            return
        values = [builder.source(name, node) for name in tensors]
        # The operand of the output's own rank decides where the batch is.
        full = builder.full(node.output[0], node)
        offsets = [(len(full) - len(value.full) + value.axis) for value in values if value.axis is not None]
        builder.emit(node, operator, tensors, offsets[0] if offsets else None)

    return convert


def _fold_bias(builder: Builder, node, tensor: str, constant: str) -> bool:
    """An Add of one constant a feature right behind a product without bias is that layer's bias."""
    value = builder.source(tensor, node)
    layer = builder.layers[value.layer]
    if layer.operator != "linear" or layer.bias or builder.graph.uses[tensor] != 1 or layer.name not in builder.weights:
        return False
    shape = builder.full(constant, node)
    if not shape or shape[-1] != layer.output_shape[-1] or math.prod(shape) != shape[-1] or value.full[-1] != shape[-1]:
        return False
    builder.replace(layer.name, bias=True)
    builder.weights[layer.name].bias_tensor = constant
    builder.alias(node, tensor)
    return True


def _hard_swish(builder: Builder, node) -> None:
    """x times clip(x / 6 + 1/2): a clip and a product."""
    value = builder.source(node.input[0], node)
    gate = builder.add(
        builder.name_for(node, "clip", suffix="_gate"), "clip", (value.layer,), builder.layers[value.layer].output_shape, node
    )
    name = builder.emit(node, "multiply", (node.input[0],))
    shape = builder.layers[name].output_shape
    builder.replace(name, inputs=(value.layer, gate), input_shapes=(shape, shape))


def _concat(builder: Builder, node) -> None:
    tensors = tuple(name for name in node.input if not builder.constant(name))
    if len(tensors) < len(node.input):
        builder.note("constant parts of a Concat are not counted as inputs")
    axis = attributes(node).get("axis", 1)
    value = builder.source(tensors[0], node)
    if axis % len(value.full) == value.axis:
        raise builder.fault(node, "joins different images along the batch axis", "export the network with a batch of 1")
    builder.emit(node, "concat", tensors)


CONVERTERS = {
    **{kind: _plain(operator) for kind, operator in _PLAIN.items()},
    **{kind: _counted_as(kind, operator) for kind, operator in _COUNTED_AS.items()},
    "LRN": _response_norm,
    "HardSwish": _hard_swish,
    "Concat": _concat,
    "Add": _element_wise("add", "Add"),
    "Sum": _element_wise("add", "Sum"),
    "Sub": _element_wise("add", "Sub"),
    "Mul": _element_wise("multiply", "Mul"),
    "Div": _element_wise("multiply", "Div"),
}
