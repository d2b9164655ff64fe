"""What converters of windows over images, lines and volumes have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archsim.operators.shapes import Shape
from workloads.onnx.builder import Builder

if TYPE_CHECKING:
    from onnx import NodeProto

_FORMS = {
    3: "(batch, channels, width)",
    4: "(batch, channels, height, width)",
    5: "(batch, channels, depth, height, width)",
}
"""What the axes of a tensor are, by their number."""


def image_shape(builder: Builder, node: NodeProto, ranks: Sequence[int]) -> Shape:
    """The whole shape (batch, channels, positions...) of a node's data, of as many axes as `ranks`
    allows. Raises InputError where it has others, or its batch is not the first of them.
    """
    value = builder.source(node.input[0], node)
    first = value.axis in (0, None) and value.full[0] == builder.graph.batch
    if len(value.full) not in ranks or not first:
        raise builder.fault(node, f"needs an input of {_FORMS[ranks[-1]]}", "", value.full)
    return value.full


def pair(values: Sequence[int]) -> tuple[int, int]:
    """(height, width) of a window; one of one axis has the height 1."""
    return (1, values[0]) if len(values) == 1 else (values[0], values[1])


def add_bias(builder: Builder, node: NodeProto, layer: str, name: str, bias: str) -> str:
    """A layer that adds a constant of one number a channel to a map, since it is on no array.

    Args:
        layer: what it is added to.
        name: of the layer with the weights, after which this one is named.
        bias: the constant.

    Returns:
        the name of the layer.
    """
    shape = builder.layers[layer].output_shape
    added = builder.add(
        builder.unique(f"{name}_add"), "add", (layer,), shape, node, constants=("operand1",)
    )
    # One number a channel, beside positions of one.
    builder.tensors[added] = {"operand1": lambda constants: constants.of(bias).reshape(-1, 1, 1)}
    return added
