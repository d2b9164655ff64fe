"""ONNX transposed convolutions: a product an input position, and windows of outputs added up."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archsim.operators.shapes import Shape, both_ends
from workloads.onnx.builder import Builder, Converter
from workloads.onnx.images import add_bias, image_shape, pair
from workloads.onnx.node import Attributes
from workloads.onnx.reader import Value
from workloads.onnx.sharing import WeightKey, WeightSource

if TYPE_CHECKING:
    from onnx import NodeProto


class Turned(NamedTuple):
    """A node's sizes; one of one axis has the height 1.

    Args:
        channels: of the input.
        outputs: channels of the output.
        groups: of channels.
        size: (height, width) of the input.
        kernel: of the convolution that it transposes, with its stride, dilation and the padding
            (top, left, bottom, right) that the output leaves out.
    """

    channels: int
    outputs: int
    groups: int
    size: tuple[int, int]
    kernel: tuple[int, int]
    stride: tuple[int, int]
    dilation: tuple[int, int]
    padding: tuple[int, int, int, int]


def _transposed(builder: Builder, node: NodeProto) -> None:
    value = builder.source(node.input[0], node)
    out = builder.full(node.output[0], node)
    turned = _sizes(builder, node, out)
    flat = len(value.full) == 3
    source = value.layer
    if flat:
        image = (turned.channels, *turned.size)
        source = builder.reshaped(source, image, node, suffix="_image")
    weight = node.input[1]
    added = node.input[2] if len(node.input) > 2 else ""
    if added:
        builder.weight_shape(added, node)
    name = builder.name_for(node, "conv2d", weight, bias=added)
    key = WeightKey("transposed", builder.origins.of(weight), (turned.groups,))
    sharing = builder.shared(name, key)
    builder.weights[name] = WeightSource(node)
    cells = turned.kernel[0] * turned.kernel[1]
    builder.add(
        name,
        "conv2d",
        (source,),
        (turned.outputs * cells, *turned.size),
        node,
        kernel=(1, 1),
        groups=turned.groups,
        shares=sharing.shares,
        transposed=sharing.transposed,
    )
    shape = (turned.outputs, 1, out[2]) if flat else (turned.outputs, out[2], out[3])
    layer = builder.add(
        builder.unique(f"{name}_fold"),
        "fold",
        (name,),
        shape,
        node,
        kernel=turned.kernel,
        stride=turned.stride,
        padding=turned.padding,
        dilation=turned.dilation,
    )
    if added:
        # what is added once an output cannot lie on an array that adds to several
        layer = add_bias(builder, node, layer, name, added)
    wanted = builder.per_image(out, 0, node)
    layer = builder.reshaped(layer, wanted, node, suffix="_output")
    builder.values[node.output[0]] = Value(layer, out, 0)


def _sizes(builder: Builder, node: NodeProto, out: Shape) -> Turned:
    fields = Attributes(node)
    weight = builder.weight_shape(node.input[1], node)
    rank = len(weight) - 2
    if rank not in (1, 2):
        what = "only 1-D and 2-D transposed convolutions are supported"
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
    after = []
    for axis in range(rank):
        reach = (full[2 + axis] - 1) * stride[axis] + dilation[axis] * (kernel[axis] - 1) + 1
        if before[axis] is None:  # SAME: the output's size says how much is left out
            total = max(0, reach - out[2 + axis])
            upper = fields.text("auto_pad", "") != "SAME_LOWER"
            before[axis] = both_ends(total, upper)[0]
        after.append(reach - (before[axis] or 0) - out[2 + axis])
    top, left = (0, before[0] or 0) if rank == 1 else (before[0] or 0, before[1] or 0)
    bottom, right = (0, after[0]) if rank == 1 else (after[0], after[1])
    return Turned(
        channels=weight[0],
        outputs=weight[1] * groups,
        groups=groups,
        size=pair(full[2:]),
        kernel=pair(kernel),
        stride=pair(stride),
        dilation=pair(dilation),
        padding=(top, left, bottom, right),
    )


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
