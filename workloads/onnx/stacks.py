"""Products with a stack of weight matrices, one for each group of an activation: a convolution of 1 x 1
in groups. Learned queries of an attention are such, whose heads are the groups.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from archsim.operators.shapes import Shape
from workloads.onnx.builder import Builder
from workloads.onnx.reader import Value
from workloads.onnx.sharing import WeightKey, WeightSource

if TYPE_CHECKING:
    from onnx import NodeProto


def stacked_product(builder: Builder, node: NodeProto, shape: Shape, on_left: bool) -> None:
    """The layers of a MatMul with several weight matrices.

    Args:
        builder: with the activation.
        node: the MatMul.
        shape: of the weight, three axes or more, the first one longer than 1.
        on_left: whether the weight is the first factor.

    Raises:
        InputError: where the stack is not that of the activation.
    """
    weight, data = (node.input[0], node.input[1]) if on_left else (node.input[1], node.input[0])
    value = builder.source(data, node)
    image = builder.layers[value.layer].output_shape
    stack = tuple(size for size in shape[:-2] if size > 1)
    groups = math.prod(stack)
    batch_inside = value.axis is not None and value.axis >= len(value.full) - 2
    if batch_inside or tuple(size for size in image[:-2] if size > 1) != stack:
        raise builder.fault(
            node,
            "a product with a stack of weight matrices needs as many activations",
            "split it into one product a matrix",
            f"input {value.full}, weight {shape}",
        )
    features, inner = shape[-2:] if on_left else shape[:-3:-1]
    vectors = image[-1] if on_left else image[-2]
    source = value.layer if on_left else _turned(builder, node, value.layer, "_input")
    source = builder.reshaped(source, (groups * inner, 1, vectors), node, suffix="_image")
    name = builder.name_for(node, "conv2d", weight)
    key = WeightKey("conv2d", builder.origins.of(weight), ("stack", on_left))
    name = builder.add(
        name,
        "conv2d",
        (source,),
        (groups * features, 1, vectors),
        node,
        groups=groups,
        shares=builder.shared(name, key).shares,
    )
    builder.weights[name] = WeightSource(node)
    layer = builder.reshaped(name, (*image[:-2], features, vectors), node, suffix="_stack")
    if not on_left:
        layer = _turned(builder, node, layer, "_output")
    full = builder.full(node.output[0], node)
    axis = None if value.axis is None else len(full) - len(value.full) + value.axis
    wanted = builder.per_image(full, axis, node) or (1,)
    layer = builder.reshaped(layer, wanted, node, suffix="_result")
    builder.values[node.output[0]] = Value(layer, full, axis)


def _turned(builder: Builder, node: NodeProto, layer: str, suffix: str) -> str:
    """A layer that exchanges the last two axes of another."""
    shape = builder.layers[layer].output_shape
    rank = len(shape)
    axes = (*range(rank - 2), rank - 1, rank - 2)
    turned = (*shape[:-2], shape[-1], shape[-2])
    return builder.reshaped(layer, turned, node, "transpose", suffix, settings=(("axes", axes),))
