"""ONNX element-wise operators, normalisations and joins as layers of the digital vector unit.

A layer's operator says what it costs; its function, settings and constants say what it computes,
which equals ONNX's definition.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from archsim.operators.elementwise import Elementwise
from archsim.operators.shapes import Shape
from archsim.operators.vocabulary import FUNCTIONS
from workloads.onnx_arithmetic import Array
from workloads.onnx_builder import Builder, Converter, Settings, Sharing
from workloads.onnx_constants import Constants
from workloads.onnx_node import Attributes
from workloads.onnx_reader import Role

if TYPE_CHECKING:
    from onnx import NodeProto


def _pointwise(kind: str, function: Elementwise) -> Converter:
    """The layer of an element-wise operator, with the node's settings or else ONNX's defaults."""

    def convert(builder: Builder, node: NodeProto) -> None:
        if function.counted_as:
            builder.note(f"{kind} is counted as {function.counted_as}")
        given = Attributes(node)
        settings = {name: given.setting(name, value) for name, value in function.settings.items()}
        fault = function.check_settings(settings)
        if fault:
            raise builder.fault(node, fault, got=settings)
        builder.emit(
            node,
            function.counted_as or function.name,
            (node.input[0],),
            function=function.name if function.counted_as else "",
            settings=tuple(settings.items()),
        )

    return convert


def _slope(builder: Builder, node: NodeProto) -> None:
    """PRelu: a leaky ReLU with a slope a channel, or one an element."""
    value = builder.source(node.input[0], node)
    if not builder.constant(node.input[1]):
        raise builder.fault(
            node, "a slope computed at run time is not supported", "cut the network before it"
        )
    if _broadcast((value.full, builder.full(node.input[1], node))) != value.full:
        raise builder.fault(
            node,
            "the slope does not fit the input",
            got=(builder.full(node.input[1], node), value.full),
        )
    slope = builder.operand(node.input[1], value.full, value.axis, node)
    builder.emit(node, "leaky_relu", (node.input[0],), weight=node.input[1], roles={"alpha": slope})


def _clip(builder: Builder, node: NodeProto) -> None:
    given = Attributes(node)
    settings = {"low": -math.inf, "high": math.inf}
    roles: dict[str, Role] = {}
    for index, (name, attribute) in enumerate((("low", "min"), ("high", "max")), 1):
        if attribute in given:
            settings[name] = given.number(attribute, 0.0)
        elif len(node.input) > index and node.input[index]:
            if not builder.constant(node.input[index]):
                raise builder.fault(
                    node,
                    "bounds computed at run time are not supported",
                    "cut the network before it",
                )
            if math.prod(builder.full(node.input[index], node)) != 1:
                raise builder.fault(
                    node, "a bound is not one number", got=builder.full(node.input[index], node)
                )
            del settings[name]
            roles[name] = _scalar(node.input[index])
    builder.emit(node, "clip", (node.input[0],), settings=tuple(settings.items()), roles=roles)


def _scalar(tensor: str) -> Role:
    return lambda constants: constants.of(tensor).reshape(())


def _softmax(function: str) -> Converter:
    def convert(builder: Builder, node: NodeProto) -> None:
        value = builder.source(node.input[0], node)
        rank = len(value.full)
        newer = builder.graph.opset >= 13
        axis = Attributes(node).whole("axis", -1 if newer else 1)
        # Before opset 13 all axes from the named one on are one.
        axes = (axis,) if newer else tuple(range(axis % rank if rank else 0, rank))
        settings: Settings = ()
        try:
            places = tuple(builder.image_axis(value.full, value.axis, item, node) for item in axes)
            settings = (("axes", places),)
        except ValueError:
            builder.refuse_values(node, "a softmax over the images of a batch")
        if function:
            builder.note("LogSoftmax is counted as softmax")
        builder.emit(node, "softmax", (node.input[0],), function=function, settings=settings)

    return convert


def _batch_norm(builder: Builder, node: NodeProto) -> None:
    fields = Attributes(node)
    for tensor in node.input[1:5]:
        builder.weight_shape(tensor, node)
    if fields.flag("training_mode"):
        builder.refuse_values(
            node,
            "it is exported in training mode: its output depends on the other images of the batch",
        )
    if not fields.flag("spatial", True):
        builder.refuse_values(node, "statistics of each element are not modelled")
    value = builder.source(node.input[0], node)
    channels = value.full[1] if len(value.full) > 1 else 1
    for tensor in node.input[1:5]:
        if math.prod(builder.full(tensor, node)) != channels:
            raise builder.fault(
                node, "a parameter is not one number a channel", got=builder.full(tensor, node)
            )
    settings: Settings = ()
    if len(value.full) > 1:
        settings = (("axis", builder.image_axis(value.full, value.axis, 1, node)),)
    epsilon = fields.number("epsilon", 1e-5)
    scale, shift, mean, variance = node.input[1:5]

    def factor(constants: Constants) -> Array:
        deviation = np.sqrt(constants.of(variance).astype(np.float64) + epsilon)
        return np.asarray(constants.of(scale).astype(np.float64) / deviation)

    roles: dict[str, Role] = {
        "scale": factor,
        "shift": lambda constants: constants.of(shift) - constants.of(mean) * factor(constants),
    }
    builder.emit(node, "batch_norm", (node.input[0],), weight=scale, settings=settings, roles=roles)


def _dropout(builder: Builder, node: NodeProto) -> None:
    if len(node.input) > 2 and node.input[2]:
        builder.refuse_values(node, "it may be exported in training mode")
    builder.emit(node, "dropout", (node.input[0],))


def _response_norm(builder: Builder, node: NodeProto) -> None:
    fields = Attributes(node)
    size = fields.whole("size", 1)
    if size < 1:
        raise builder.fault(node, "size must be 1 or more", got=size)
    value = builder.source(node.input[0], node)
    if len(value.full) < 3 or builder.image_axis(value.full, value.axis, 1, node):
        raise builder.fault(node, "needs an input of (batch, channels, positions)", got=value.full)
    settings = tuple(
        (name, fields.number(name, default))
        for name, default in (("alpha", 1e-4), ("beta", 0.75), ("bias", 1.0))
    )
    builder.emit(node, "local_response_norm", (node.input[0],), kernel=(size, 1), settings=settings)


def _element_wise(operator: str, kind: str, function: str = "") -> Converter:
    """Add, Sum, Mul, Sub and Div. A constant operand is no input; a layer with one input has a
    constant second operand.
    """

    def convert(builder: Builder, node: NodeProto) -> None:
        tensors = tuple(name for name in node.input if not builder.constant(name))
        constants = tuple(name for name in node.input if builder.constant(name))
        if kind == "Div" and (not constants or constants[0] != node.input[1]):
            raise builder.fault(
                node, "division by an activation is not supported", "cut the network before it"
            )
        if kind == "Sum" and len(node.input) == 1:
            builder.alias(node, node.input[0])
            return
        if function:
            builder.note(f"{kind} is counted as {operator}")
        if (
            kind == "Add"
            and len(tensors) == 1
            and _fold_bias(builder, node, tensors[0], constants[0])
        ):
            return
        combine(builder, node, operator, function)

    return convert


def combine(builder: Builder, node: NodeProto, operator: str, function: str = "") -> None:
    """An element-wise layer of a node's inputs, activations and constants in their order."""
    tensors = tuple(name for name in node.input if not builder.constant(name))
    values = [builder.source(name, node) for name in tensors]
    # The operand of the output's own rank decides where the batch is.
    full = builder.full(node.output[0], node)
    offsets = [
        (len(full) - len(value.full) + value.axis) for value in values if value.axis is not None
    ]
    axis = offsets[0] if offsets else None
    roles = {
        f"operand{place}": builder.operand(name, full, axis, node)
        for place, name in enumerate(node.input)
        if builder.constant(name)
    }
    name = builder.emit(node, operator, tensors, axis, function=function, roles=roles)
    layer = builder.layers[name]
    shapes = layer.input_shapes + tuple(
        _constant_shape(builder, item, full, axis, node)
        for item in node.input
        if builder.constant(item)
    )
    if _broadcast(shapes) != layer.output_shape:
        builder.refuse_values(node, "its operands have their batch in different places")


def _constant_shape(
    builder: Builder, tensor: str, full: Shape, axis: int | None, node: NodeProto
) -> Shape:
    shape = builder.full(tensor, node)
    padded = (1,) * (len(full) - len(shape)) + shape
    if axis is None or len(full) < 2 or full[axis] != builder.graph.batch or padded[axis] != 1:
        return padded
    return padded[:axis] + padded[axis + 1 :]


def _broadcast(shapes: tuple[Shape, ...]) -> Shape | None:
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        return None


def _fold_bias(builder: Builder, node: NodeProto, tensor: str, constant: str) -> bool:
    """An Add of one constant a feature right behind a product without bias is that layer's bias."""
    value = builder.source(tensor, node)
    layer = builder.layers[value.layer]
    if (
        layer.operator != "linear"
        or layer.bias
        or builder.graph.uses[tensor] != 1
        or layer.name not in builder.weights
    ):
        return False
    shape = builder.full(constant, node)
    if (
        not shape
        or shape[-1] != layer.output_shape[-1]
        or math.prod(shape) != shape[-1]
        or value.full[-1] != shape[-1]
    ):
        return False
    if len(shape) > len(value.full):  # the sum has more axes than the product
        return False
    held = (builder.origins.of(constant), 1.0)
    if not builder.own_bias(Sharing(layer.shares, layer.transposed), held):
        return False
    builder.replace(layer.name, bias=True)
    builder.weights[layer.name].bias_tensor = constant
    builder.weights[layer.name].bias = held
    builder.alias(node, tensor)
    return True


def _hard_swish(builder: Builder, node: NodeProto) -> None:
    """x times clip(x / 6 + 1/2): a clip and a product."""
    value = builder.source(node.input[0], node)
    gate = builder.add(
        builder.name_for(node, "clip", suffix="_gate"),
        "clip",
        (value.layer,),
        builder.layers[value.layer].output_shape,
        node,
        function="hard_sigmoid",
        settings=(("alpha", 1 / 6), ("beta", 0.5)),
    )
    name = builder.emit(node, "multiply", (node.input[0],))
    shape = builder.layers[name].output_shape
    builder.replace(name, inputs=(value.layer, gate), input_shapes=(shape, shape))


def _concat(builder: Builder, node: NodeProto) -> None:
    tensors = tuple(name for name in node.input if not builder.constant(name))
    fixed = {place: name for place, name in enumerate(node.input) if builder.constant(name)}
    if fixed:
        builder.note("constant parts of a Concat are not counted as inputs")
    axis = Attributes(node).whole("axis", 1)
    value = builder.source(tensors[0], node)
    along_batch = value.axis is not None and axis % len(value.full) == value.axis
    if along_batch and (builder.graph.batch > 1 or value.full[axis % len(value.full)] == 1):
        raise builder.fault(
            node,
            "joins different images along the batch axis",
            "export the network with a batch of 1",
        )
    if any(builder.source(name, node).axis != value.axis for name in tensors):
        raise builder.fault(
            node,
            "joins tensors with their batch in different places",
            "export the network with the batch as axis 0",
        )
    place = builder.image_axis(value.full, value.axis, axis, node)
    roles = {
        f"part{index}": builder.operand(name, value.full, value.axis, node)
        for index, name in fixed.items()
    }
    builder.emit(node, "concat", tensors, settings=(("axis", place),) if place else (), roles=roles)


CONVERTERS: dict[str, Converter] = {
    **{
        kind: _pointwise(kind, function)
        for function in FUNCTIONS.values()
        if isinstance(function, Elementwise)
        for kind in function.onnx
    },
    "PRelu": _slope,
    "Clip": _clip,
    "Softmax": _softmax(""),
    "LogSoftmax": _softmax("log_softmax"),
    "BatchNormalization": _batch_norm,
    "Dropout": _dropout,
    "LRN": _response_norm,
    "HardSwish": _hard_swish,
    "Concat": _concat,
    "Add": _element_wise("add", "Add"),
    "Sum": _element_wise("add", "Sum"),
    "Sub": _element_wise("add", "Sub", "subtract"),
    "Mul": _element_wise("multiply", "Mul"),
    "Div": _element_wise("multiply", "Div", "divide"),
}
