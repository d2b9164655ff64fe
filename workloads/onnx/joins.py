"""ONNX sums, products and concatenations of several tensors, and the bias that an Add may be."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from archsim.operators.shapes import Shape
from archsim.operators.vector.comparison import RELATIONS
from archsim.operators.vector.logical import CONNECTIVES
from workloads.onnx.builder import Builder, Converter, Settings
from workloads.onnx.node import Attributes
from workloads.onnx.sharing import Sharing

if TYPE_CHECKING:
    from onnx import NodeProto


def _element_wise(operator: str, kind: str, function: str = "") -> Converter:
    """Add, Sum, Mul, Sub and Div. A constant operand is no input; a layer with one input has a
    constant second operand.
    """

    def convert(builder: Builder, node: NodeProto) -> None:
        tensors = tuple(name for name in node.input if not builder.constant(name))
        constants = tuple(name for name in node.input if builder.constant(name))
        # Division by a constant is a product with its inverse; any other one is a quotient.
        if kind == "Div" and (not constants or constants[0] != node.input[1]):
            combine(builder, node, "quotient")
            return
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


def combine(
    builder: Builder, node: NodeProto, operator: str, function: str = "", settings: Settings = ()
) -> None:
    """An element-wise layer of a node's inputs, activations and constants in their order."""
    tensors = tuple(name for name in node.input if not builder.constant(name))
    values = [builder.source(name, node) for name in tensors]
    # The operand of the output's own rank decides where the batch is.
    full = builder.full(node.output[0], node)
    offsets = [
        (len(full) - len(value.full) + value.axis) for value in values if value.axis is not None
    ]
    axis = offsets[0] if offsets else None
    if axis is not None and builder.graph.batch == 1:
        for name in tensors:
            builder.batch_at(name, axis - len(full), node)
    roles = {
        f"operand{index}": builder.operand(name, full, axis, node)
        for index, name in enumerate(node.input)
        if builder.constant(name)
    }
    name = builder.emit(
        node, operator, tensors, axis, function=function, roles=roles, settings=settings
    )
    layer = builder.layers[name]
    shapes = layer.input_shapes + tuple(
        _constant_shape(builder, item, full, axis, node)
        for item in node.input
        if builder.constant(item)
    )
    if broadcast_shape(shapes) != layer.output_shape:
        builder.refuse_values(node, "its operands have their batch in different places")


def _constant_shape(
    builder: Builder, tensor: str, full: Shape, axis: int | None, node: NodeProto
) -> Shape:
    shape = builder.full(tensor, node)
    padded = (1,) * (len(full) - len(shape)) + shape
    if axis is None or len(full) < 2 or full[axis] != builder.graph.batch or padded[axis] != 1:
        return padded
    # Without the batch: a layer has the shapes of one image.
    return padded[:axis] + padded[axis + 1 :]


def _fold_bias(builder: Builder, node: NodeProto, tensor: str, constant: str) -> bool:
    """An Add of one constant a feature right behind a product without bias is that layer's bias."""
    value = builder.source(tensor, node)
    layer = builder.layers[value.layer]
    if (
        layer.operator != "linear"
        or layer.bias
        # Where another node reads the product without the sum, the bias is not the layer's.
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


def _agree_on_batch(builder: Builder, node: NodeProto, tensors: tuple[str, ...]) -> None:
    """Where some of the tensors have lost their batch, of one image, take it where the others have it."""
    known = {builder.source(name, node).axis for name in tensors} - {None}
    if len(known) != 1 or builder.graph.batch > 1:
        return
    (position,) = known
    for name in tensors:
        value = builder.source(name, node)
        if value.axis is None and position is not None:
            builder.batch_at(name, position - len(value.full), node)


def _concat(builder: Builder, node: NodeProto) -> None:
    tensors = tuple(name for name in node.input if not builder.constant(name))
    fixed = {index: name for index, name in enumerate(node.input) if builder.constant(name)}
    if fixed:
        builder.note("constant parts of a Concat are not counted as inputs")
    axis = Attributes(node).integer("axis", 1)
    _agree_on_batch(builder, node, tensors)
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
    position = builder.image_axis(value.full, value.axis, axis, node)
    roles = {
        f"part{index}": builder.operand(name, value.full, value.axis, node)
        for index, name in fixed.items()
    }
    settings: Settings = (("axis", position),) if position else ()
    if len(fixed) > 1:  # of one the rest of the axis says how long it is
        lengths = tuple(builder.full(name, node)[axis] for name in fixed.values())
        settings = (*settings, ("lengths", lengths))
    builder.emit(node, "concat", tensors, settings=settings, roles=roles)


def _mask(operator: str, setting: str, value: str) -> Converter:
    """Comparisons and connectives, which make masks."""

    def convert(builder: Builder, node: NodeProto) -> None:
        combine(builder, node, operator, settings=((setting, value),))

    return convert


def _where(builder: Builder, node: NodeProto) -> None:
    combine(builder, node, "where")


def _extreme(operator: str) -> Converter:
    def convert(builder: Builder, node: NodeProto) -> None:
        if len(node.input) == 1:
            builder.alias(node, node.input[0])
        else:
            combine(builder, node, operator)

    return convert


def broadcast_shape(shapes: tuple[Shape, ...]) -> Shape | None:
    """The common shape of operands; None where they have none."""
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        return None


CONVERTERS: dict[str, Converter] = {
    "Concat": _concat,
    "Add": _element_wise("add", "Add"),
    "Sum": _element_wise("add", "Sum"),
    "Sub": _element_wise("add", "Sub", "subtract"),
    "Mul": _element_wise("multiply", "Mul"),
    "Div": _element_wise("multiply", "Div", "divide"),
    "Where": _where,
    "Min": _extreme("minimum"),
    "Max": _extreme("maximum"),
    **{kind: _mask("comparison", "relation", value) for kind, value in RELATIONS.items()},
    **{kind: _mask("logical", "connective", value) for kind, value in CONNECTIVES.items()},
}
