"""ONNX convolutions and pools of volumes, plane by plane.

A plane of the output is a two-dimensional convolution over as many planes of the input as the
kernel is deep, with the channels of all of them side by side; every plane reads the same weights,
which are on the arrays once.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from archsim.operators.pools import LargestWork
from archsim.operators.shapes import Shape, both_ends
from archsim.operators.vocabulary import FUNCTIONS
from workloads.onnx.builder import Builder
from workloads.onnx.images import image_shape
from workloads.onnx.node import Attributes
from workloads.onnx.reader import Value
from workloads.onnx.sharing import WeightKey, WeightSource

if TYPE_CHECKING:
    from onnx import NodeProto

DIMENSIONS = 3
MOST_PLANES = 4096
"""Planes of an output: each is a layer of its own."""


class Volume(NamedTuple):
    """Sizes of a node over (channels, depth, height, width).

    Args:
        full: of the input, with the batch.
        out: of the output, with the batch.
        kernel: depth, height, width.
        stride: the same.
        dilation: the same.
        before: padding before each axis.
        after: padding behind each axis.
    """

    full: Shape
    out: Shape
    kernel: Shape
    stride: Shape
    dilation: Shape
    before: Shape
    after: Shape

    @property
    def padding(self) -> tuple[int, int, int, int]:
        """(top, left, bottom, right) of a plane."""
        return self.before[1], self.before[2], self.after[1], self.after[2]


def convolution(builder: Builder, node: NodeProto) -> None:
    """A Conv over volumes."""
    weight = builder.weight_shape(node.input[1], node)
    groups = Attributes(node).integer("group", 1)
    volume = _volume(builder, node, weight[2:])
    if groups < 1 or volume.full[1] != weight[1] * groups or weight[0] % groups:
        got = f"input {volume.full}, weight {weight}, group {groups}"
        raise builder.fault(node, "channels and groups do not fit", got=got)
    added = node.input[2] if len(node.input) > 2 else ""
    if added:
        builder.weight_shape(added, node)
    named = builder.name_for(node, "conv2d", node.input[1], bias=added)
    source = _padded(builder, node, volume, 0.0)
    held = (builder.origins.of(added), 1.0) if added else None
    # With the bias: planes share their array, on which it lies as a line.
    key = WeightKey("conv3d", builder.origins.of(node.input[1]), (groups, held))
    planes = []
    for plane in range(volume.out[2]):
        name = builder.unique(named if plane == 0 else f"{named}_plane{plane + 1}")
        sharing = builder.shared(name, key)
        builder.weights[name] = WeightSource(node, bias=held)
        builder.add(
            name,
            "conv2d",
            (_planes(builder, node, volume, source, plane),),
            (weight[0], *volume.out[3:]),
            node,
            kernel=(volume.kernel[1], volume.kernel[2]),
            stride=(volume.stride[1], volume.stride[2]),
            dilation=(volume.dilation[1], volume.dilation[2]),
            padding=volume.padding,
            groups=groups,
            bias=added != "",
            shares=sharing.shares,
            transposed=sharing.transposed,
        )
        planes.append(name)
    _joined(builder, node, volume, planes)


def pool(builder: Builder, node: NodeProto, operator: str, kernel: Shape) -> None:
    """A MaxPool or AveragePool over volumes: each plane, then the planes of a window together."""
    fields = Attributes(node)
    if fields.flag("ceil_mode"):
        raise builder.fault(node, "ceil_mode of a volume is not supported", "export it without")
    volume = _volume(builder, node, kernel)
    largest = isinstance(FUNCTIONS[operator], LargestWork)
    if not largest and any((*volume.before, *volume.after)):
        what = "padding of an average over volumes is not supported"
        raise builder.fault(node, what, "put a Pad before it")
    # What pads a maximum must never be one.
    fill = -math.inf if largest else 0.0
    source = _padded(builder, node, volume, fill)
    planes = []
    for plane in range(volume.out[2]):
        held = _planes(builder, node, volume, source, plane)
        channels = builder.layers[held].output_shape[0]
        name = builder.add(
            builder.unique(f"{builder.name_for(node, operator)}_plane"),
            operator,
            (held,),
            (channels, *volume.out[3:]),
            node,
            kernel=(volume.kernel[1], volume.kernel[2]),
            stride=(volume.stride[1], volume.stride[2]),
            dilation=(volume.dilation[1], volume.dilation[2]),
            padding=volume.padding,
        )
        planes.append(_of_depth(builder, node, volume, operator, name))
    _joined(builder, node, volume, planes)


def global_pool(builder: Builder, node: NodeProto, operator: str) -> None:
    """A mean or a maximum over the whole volume, as an image of depth x height lines."""
    value = builder.source(node.input[0], node)
    full = image_shape(builder, node, (DIMENSIONS + 2,))
    out = builder.full(node.output[0], node)
    # A mean or a maximum over all does not care where the lines lie.
    image = (full[1], full[2] * full[3], full[4])
    source = builder.reshaped(value.layer, image, node, suffix="_image")
    name = builder.name_for(node, operator)
    builder.add(name, operator, (source,), (full[1], 1, 1), node, kernel=image[1:])
    layer = builder.reshaped(name, builder.per_image(out, 0, node), node, suffix="_output")
    builder.values[node.output[0]] = Value(layer, out, 0)


def _of_depth(builder: Builder, node: NodeProto, volume: Volume, operator: str, name: str) -> str:
    """The largest, or the mean, of the planes that a window covers."""
    channels = volume.full[1]
    depth = volume.kernel[0]
    if depth == 1:
        return name
    positions = math.prod(volume.out[3:])
    # Planes were put side by side as channels: apart again, to pool over them alone.
    layer = builder.reshaped(name, (channels, depth, positions), node, suffix="_depth")
    pooled = builder.add(
        builder.unique(f"{name}_depth_pool"),
        operator,
        (layer,),
        (channels, 1, positions),
        node,
        kernel=(depth, 1),
        stride=(depth, 1),
    )
    return builder.reshaped(pooled, (channels, *volume.out[3:]), node, suffix="_plane")


def _volume(builder: Builder, node: NodeProto, kernel: Shape) -> Volume:
    fields = Attributes(node)
    full = image_shape(builder, node, (DIMENSIONS + 2,))
    out = builder.full(node.output[0], node)
    if len(out) != len(full):
        raise builder.fault(node, "its output shape does not follow from its window", got=out)
    if out[2] > MOST_PLANES:
        hint = "cut the network before it"
        raise builder.fault(node, f"more than {MOST_PLANES} planes deep", hint, out[2])
    ones = [1] * DIMENSIONS
    stride = fields.integers("strides", ones)
    dilation = fields.integers("dilations", ones)
    pads = fields.integers("pads", [0] * (2 * DIMENSIONS))
    stated = fields.integers("kernel_shape", kernel)
    sizes = (len(stride), len(dilation), len(pads), tuple(stated))
    if sizes != (DIMENSIONS, DIMENSIONS, 2 * DIMENSIONS, tuple(kernel)) or min(pads) < 0:
        got = (kernel, stride, dilation, pads)
        raise builder.fault(node, "strides, dilations and pads do not fit the kernel", got=got)
    if min(*stride, *dilation) < 1:
        raise builder.fault(node, "strides and dilations must be 1 or more", got=(stride, dilation))
    before, after = pads[:DIMENSIONS], pads[DIMENSIONS:]
    automatic = fields.text("auto_pad", "NOTSET")
    for axis in range(DIMENSIONS):
        reach = (out[2 + axis] - 1) * stride[axis] + dilation[axis] * (kernel[axis] - 1) + 1
        if automatic.startswith("SAME"):
            total = max(0, reach - full[2 + axis])
            before[axis], after[axis] = both_ends(total, automatic == "SAME_UPPER")
        elif automatic == "VALID":
            before[axis] = after[axis] = 0
        # The shape is the file's or onnx's, the window the node's: they need not agree.
        if reach > full[2 + axis] + before[axis] + after[axis]:
            raise builder.fault(node, "its output shape does not follow from its window", got=out)
    return Volume(
        full, out, tuple(kernel), tuple(stride), tuple(dilation), tuple(before), tuple(after)
    )


def _padded(builder: Builder, node: NodeProto, volume: Volume, fill: float) -> str:
    """The input (channels, depth, positions) with whole planes before and behind it."""
    value = builder.source(node.input[0], node)
    channels, depth = volume.full[1:3]
    positions = math.prod(volume.full[3:])
    layer = builder.reshaped(value.layer, (channels, depth, positions), node, suffix="_volume")
    before, after = volume.before[0], volume.after[0]
    if not before and not after:
        return layer
    return builder.add(
        builder.unique(f"{layer}_padded"),
        "pad",
        (layer,),
        (channels, depth + before + after, positions),
        node,
        padding=(before, 0, after, 0),
        settings=(("fill", fill),) if fill else (),
    )


def _planes(builder: Builder, node: NodeProto, volume: Volume, source: str, plane: int) -> str:
    """The planes that one plane of the output needs, as channels x planes images."""
    channels, depth, positions = builder.layers[source].output_shape
    first = plane * volume.stride[0]
    step = volume.dilation[0]
    count = volume.kernel[0]
    taken = [first + number * step for number in range(count)]
    layer = source
    if taken != list(range(depth)):
        layer = builder.add(
            builder.unique(f"{source}_planes"),
            "slice",
            (source,),
            (channels, count, positions),
            node,
            settings=(("axis", 1), ("start", first), ("stop", taken[-1] + 1), ("step", step)),
        )
    image = (channels * count, *volume.full[3:])
    return builder.reshaped(layer, image, node, suffix="_image")


def _joined(builder: Builder, node: NodeProto, volume: Volume, planes: list[str]) -> None:
    """The planes of the output side by side."""
    channels, depth = volume.out[1:3]
    positions = volume.out[3:]
    parts = [
        builder.reshaped(name, (channels, 1, *positions), node, suffix="_plane") for name in planes
    ]
    layer = parts[0]
    if depth > 1:
        layer = builder.add(
            builder.unique(f"{planes[0]}_planes"),
            "concat",
            tuple(parts),
            (channels, depth, *positions),
            node,
            settings=(("axis", 1),),
        )
    wanted = builder.per_image(volume.out, 0, node)
    layer = builder.reshaped(layer, wanted, node, suffix="_output")
    builder.values[node.output[0]] = Value(layer, volume.out, 0)
