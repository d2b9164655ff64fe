"""ONNX transposed convolutions: a product an input position, and windows of outputs added up; those of
a volume in two steps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from archsim.operators.shapes import Shape, both_ends
from workloads.onnx.builder import Builder, Converter
from workloads.onnx.images import add_bias, image_shape, pair
from workloads.onnx.node import Attributes
from workloads.onnx.reader import Value
from workloads.onnx.sharing import WeightKey, WeightSource
from workloads.onnx.volumes import DIMENSIONS

if TYPE_CHECKING:
    from onnx import NodeProto


class Turned(NamedTuple):
    """A node's sizes (depth, height, width); one of fewer axes has the length 1 along those before.

    Args:
        channels: of the input.
        outputs: channels of the output.
        groups: of channels.
        size: of the input.
        out: of the output.
        kernel: of the convolution that it transposes, with its stride and dilation.
        before: what the output leaves out before each axis, of what the windows reach.
        after: the same behind each axis.
    """

    channels: int
    outputs: int
    groups: int
    size: Shape
    out: Shape
    kernel: Shape
    stride: Shape
    dilation: Shape
    before: Shape
    after: Shape


def _transposed(builder: Builder, node: NodeProto) -> None:
    value = builder.source(node.input[0], node)
    out = builder.full(node.output[0], node)
    turned = _sizes(builder, node, out)
    depth, height, width = turned.size
    # A product an input position: where these lie does not matter before the windows.
    image = (turned.channels, depth * height, width)
    source = builder.reshaped(value.layer, image, node, suffix="_image")
    weight = node.input[1]
    added = node.input[2] if len(node.input) > 2 else ""
    if added:
        builder.weight_shape(added, node)
    name = builder.name_for(node, "conv2d", weight, bias=added)
    key = WeightKey("transposed", builder.origins.of(weight), (turned.groups,))
    sharing = builder.shared(name, key)
    builder.weights[name] = WeightSource(node)
    builder.add(
        name,
        "conv2d",
        (source,),
        (turned.outputs * math.prod(turned.kernel), *image[1:]),
        node,
        kernel=(1, 1),
        groups=turned.groups,
        shares=sharing.shares,
        transposed=sharing.transposed,
    )
    if len(out) == DIMENSIONS + 2:
        layer = _of_volume(builder, node, turned, name)
    else:
        layer = _fold(builder, node, turned, name, (turned.outputs, *turned.out[1:]), (1, 2))
    if added:
        # what is added once an output cannot lie on an array that adds to several
        layer = add_bias(builder, node, layer, name, added)
    wanted = builder.per_image(out, 0, node)
    layer = builder.reshaped(layer, wanted, node, suffix="_output")
    builder.values[node.output[0]] = Value(layer, out, 0)


def _of_volume(builder: Builder, node: NodeProto, turned: Turned, name: str) -> str:
    """Windows of a volume: those of each plane and place of the kernel's depth are added up, then the
    planes.
    """
    depth, height, width = turned.size
    cells = turned.kernel[1] * turned.kernel[2]
    planes = turned.outputs * turned.kernel[0]
    apart = (planes, cells, depth, height * width)
    layer = builder.reshaped(name, apart, node, suffix="_windows")
    together = (planes, depth, cells, height * width)
    axes = (("axes", (0, 2, 1, 3)),)
    layer = builder.reshaped(layer, together, node, "transpose", "_planes", settings=axes)
    image = (planes * depth * cells, height, width)
    layer = builder.reshaped(layer, image, node, suffix="_plane_windows")
    layer = _fold(builder, node, turned, layer, (planes * depth, *turned.out[1:]), (1, 2))
    positions = turned.out[1] * turned.out[2]
    layer = builder.reshaped(layer, (planes, depth, positions), node, suffix="_depth")
    return _fold(builder, node, turned, layer, (turned.outputs, turned.out[0], positions), (0,))


def _fold(
    builder: Builder, node: NodeProto, turned: Turned, layer: str, shape: Shape, axes: Sequence[int]
) -> str:
    """Windows along height and width (axes 1 and 2), or along the depth, added up to `shape`."""

    def along(sizes: Shape, missing: int) -> tuple[int, int]:
        return pair([*(sizes[axis] for axis in axes), missing][:2])

    return builder.add(
        builder.unique(f"{layer}_fold"),
        "fold",
        (layer,),
        shape,
        node,
        kernel=along(turned.kernel, 1),
        stride=along(turned.stride, 1),
        padding=(*along(turned.before, 0), *along(turned.after, 0)),
        dilation=along(turned.dilation, 1),
    )


def _sizes(builder: Builder, node: NodeProto, out: Shape) -> Turned:
    fields = Attributes(node)
    weight = builder.weight_shape(node.input[1], node)
    rank = len(weight) - 2
    if not 1 <= rank <= DIMENSIONS:
        what = "only transposed convolutions of lines, images and volumes are supported"
        raise builder.fault(node, what, "cut the network before it", weight)
    full = image_shape(builder, node, (len(weight),))
    groups = fields.integer("group", 1)
    if groups < 1 or full[1] != weight[0] or weight[0] % groups:
        got = f"input {full}, weight {weight}, group {groups}"
        raise builder.fault(node, "channels and groups do not fit", got=got)
    stride = fields.integers("strides", [1] * rank)
    dilation = fields.integers("dilations", [1] * rank)
    kernel = fields.integers("kernel_shape", weight[2:])
    fits = len(stride) == len(dilation) == rank and tuple(kernel) == weight[2:]
    if not fits or min(*stride, *dilation) < 1:
        what = "kernel, strides and dilations do not fit the weight"
        raise builder.fault(node, what, got=(kernel, stride, dilation))
    before = _before(builder, node, fields, rank)
    first, after = [], []
    for axis in range(rank):
        reach = (full[2 + axis] - 1) * stride[axis] + dilation[axis] * (kernel[axis] - 1) + 1
        left_out = before[axis]
        if left_out is None:  # SAME: the output's size says how much is left out
            total = max(0, reach - out[2 + axis])
            left_out = both_ends(total, fields.text("auto_pad", "") != "SAME_LOWER")[0]
        first.append(left_out)
        after.append(reach - left_out - out[2 + axis])
    return Turned(
        channels=weight[0],
        outputs=weight[1] * groups,
        groups=groups,
        size=_whole(full[2:], 1),
        out=_whole(out[2:], 1),
        kernel=_whole(kernel, 1),
        stride=_whole(stride, 1),
        dilation=_whole(dilation, 1),
        before=_whole(first, 0),
        after=_whole(after, 0),
    )


def _whole(sizes: Sequence[int], missing: int) -> Shape:
    """Sizes of all axes, with `missing` for those that a line or an image has not."""
    return (*[missing] * (DIMENSIONS - len(sizes)), *sizes)


def _before(builder: Builder, node: NodeProto, fields: Attributes, rank: int) -> list[int | None]:
    """How much is left out at the beginning of each axis; None where the output's size says it."""
    automatic = fields.text("auto_pad", "NOTSET")
    if automatic.startswith("SAME"):
        return [None] * rank
    if automatic == "VALID":
        return [0] * rank
    pads = fields.integers("pads", [0] * (2 * rank))
    if len(pads) != 2 * rank or min(pads) < 0:
        raise builder.fault(node, "pads do not fit the kernel", got=pads)
    if fields.integers("output_shape"):
        hint = "export it with pads and output_padding"
        raise builder.fault(node, "an output_shape is not supported", hint)
    return list(pads[:rank])


CONVERTERS: dict[str, Converter] = {"ConvTranspose": _transposed}
"""By the ONNX operator's name."""
