"""ONNX normalisations by the statistics of the image itself."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from workloads.onnx.arithmetic import Array
from workloads.onnx.builder import Builder, Converter
from workloads.onnx.constants import Constants
from workloads.onnx.node import Attributes
from workloads.onnx.reader import Role

if TYPE_CHECKING:
    from onnx import NodeProto


def _over_last_axes(operator: str, roles: tuple[str, ...]) -> Converter:
    """LayerNormalization and RMSNormalization: over the axes from `axis` on."""

    def convert(builder: Builder, node: NodeProto) -> None:
        fields = Attributes(node)
        value = builder.source(node.input[0], node)
        rank = len(value.full)
        axis = fields.integer("axis", -1)
        if not -rank <= axis < rank:
            raise builder.fault(node, "there is no such axis", got=axis)
        axis %= rank
        if value.axis is not None and value.axis >= axis:
            raise builder.fault(
                node,
                "works along the batch axis",
                "export the network with the batch as another axis",
                f"axis {axis}",
            )
        if any(tensor for tensor in node.output[1:] if builder.graph.uses[tensor]):
            raise builder.fault(node, "its statistics as outputs are not supported")
        shape = builder.layers[value.layer].output_shape
        # from the end: the batch lies before, whether an image still has that axis or not
        first = len(shape) - (rank - axis)
        held: dict[str, Role] = {}
        for name, tensor in zip(roles, node.input[1:]):
            if not tensor:
                continue
            builder.weight_shape(tensor, node)
            held[name] = builder.operand(tensor, value.full, value.axis, node)
        settings = (("axis", first), ("epsilon", fields.number("epsilon", 1e-5)))
        weight = node.input[1] if len(node.input) > 1 else ""
        builder.emit(node, operator, (node.input[0],), weight=weight, settings=settings, roles=held)

    return convert


def _over_channels(builder: Builder, node: NodeProto) -> None:
    """GroupNormalization and InstanceNormalization: the batch first, the channels second."""
    fields = Attributes(node)
    value = builder.source(node.input[0], node)
    if len(value.full) < 2 or value.axis not in (0, None):
        raise builder.fault(node, "needs an input of (batch, channels, ...)", got=value.full)
    channels = value.full[1]
    by_group = node.op_type == "GroupNormalization"
    groups = fields.integer("num_groups") if by_group else channels
    if groups < 1 or channels % groups:
        raise builder.fault(node, "the channels do not divide into groups", got=(channels, groups))
    if value.full[0] // builder.graph.batch != 1:
        raise builder.fault(node, "the batch is mixed with other dimensions", got=value.full)
    held: dict[str, Role] = {}
    positions = (1,) * (len(value.full) - 2)
    for name, tensor in zip(("scale", "shift"), node.input[1:3]):
        size = math.prod(builder.weight_shape(tensor, node))
        if size not in (channels, groups):
            raise builder.fault(node, "a parameter is not one number a channel", got=size)
        held[name] = _a_channel(tensor, channels, positions)
    settings = (("groups", groups), ("epsilon", fields.number("epsilon", 1e-5)))
    builder.emit(
        node, "group_norm", (node.input[0],), weight=node.input[1], settings=settings, roles=held
    )


def _a_channel(tensor: str, channels: int, positions: tuple[int, ...]) -> Role:
    """A parameter with the shape (channels, 1, ...); before opset 21 there was one a group."""

    def values(constants: Constants) -> Array:
        held = constants.of(tensor).reshape(-1)
        spread = np.repeat(held, channels // len(held))
        return spread.reshape(channels, *positions)

    return values


CONVERTERS: dict[str, Converter] = {
    "LayerNormalization": _over_last_axes("layer_norm", ("scale", "shift")),
    "RMSNormalization": _over_last_axes("rms_norm", ("scale",)),
    "GroupNormalization": _over_channels,
    "InstanceNormalization": _over_channels,
}
"""By the ONNX operator's name."""
