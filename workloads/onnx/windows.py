"""ONNX convolutions and pooling, in one and two dimensions, as layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archsim.operators.shapes import Shape, same_padding, window
from archsim.operators.vocabulary import FUNCTIONS
from workloads.onnx import volumes
from workloads.onnx.builder import Builder, Converter, LayerFields, Settings
from workloads.onnx.images import add_bias, image_shape, pair
from workloads.onnx.node import Attributes
from workloads.onnx.reader import Value
from workloads.onnx.sharing import WeightKey, WeightSource

if TYPE_CHECKING:
    from typing import Unpack

    from onnx import NodeProto


def _convolution(builder: Builder, node: NodeProto) -> None:
    fields = Attributes(node)
    weight = node.input[1]
    weight_shape = builder.weight_shape(weight, node)
    if len(weight_shape) == volumes.DIMENSIONS + 2:
        volumes.convolution(builder, node)
        return
    flat = len(weight_shape) == 3
    if len(weight_shape) not in (3, 4):
        raise builder.fault(
            node,
            "only convolutions of one to three dimensions are supported",
            "cut the network before it",
            weight_shape,
        )
    groups = fields.integer("group", 1)
    full = image_shape(builder, node, (len(weight_shape),))
    kernel = weight_shape[2:]
    if groups < 1 or full[1] != weight_shape[1] * groups or weight_shape[0] % groups:
        raise builder.fault(
            node,
            "channels and groups do not fit",
            got=f"input {full}, weight {weight_shape}, group {groups}",
        )
    stated = fields.integers("kernel_shape", kernel)
    if tuple(stated) != kernel:
        raise builder.fault(node, "kernel_shape is not that of the weight", got=stated)
    view = _window(builder, node, fields, full, kernel)
    added = node.input[2] if len(node.input) > 2 else ""
    if added:
        builder.weight_shape(added, node)
    layer = builder.name_for(node, "conv2d", weight, bias=added)
    sharing = builder.shared(layer, WeightKey("conv2d", builder.origins.of(weight), (groups,)))
    held = (builder.origins.of(added), 1.0) if added else None
    kept = added != "" and builder.own_bias(sharing, held)
    builder.weights[layer] = WeightSource(node, bias=held if kept else None)
    _windowed(
        builder,
        node,
        Windowed("conv2d", weight_shape[0], view, flat),
        layer,
        added="" if kept else added,
        groups=groups,
        bias=kept,
        shares=sharing.shares,
        transposed=sharing.transposed,
    )


def _pool(operator: str) -> Converter:
    def convert(builder: Builder, node: NodeProto) -> None:
        fields = Attributes(node)
        kernel = tuple(fields.integers("kernel_shape"))
        if len(kernel) == volumes.DIMENSIONS:
            volumes.pool(builder, node, operator, kernel)
            return
        if len(kernel) not in (1, 2):
            what = "only pooling of one to three dimensions is supported"
            raise builder.fault(node, what, "cut the network before it", kernel)
        full = image_shape(builder, node, (len(kernel) + 2,))
        view = _window(builder, node, fields, full, kernel)
        pool = Windowed(operator, full[1], view, len(kernel) == 1, not fields.flag("ceil_mode"))
        settings: Settings = ()
        counts_padding = "count_include_pad" in FUNCTIONS[operator].fields
        if counts_padding and fields.flag("count_include_pad"):
            settings = (("count_include_pad", True),)
        _windowed(builder, node, pool, settings=settings)

    return convert


def global_pool(operator: str) -> Converter:
    def convert(builder: Builder, node: NodeProto) -> None:
        value = builder.source(node.input[0], node)
        if len(value.full) == volumes.DIMENSIONS + 2:
            volumes.global_pool(builder, node, operator)
            return
        full = image_shape(builder, node, (3, 4))
        height, width = (1, full[2]) if len(full) == 3 else full[2:]
        view = Window((height, width))
        _windowed(builder, node, Windowed(operator, full[1], view, len(full) == 3, exact=False))

    return convert


class Window(NamedTuple):
    """A window over (height, width); padding is (top, left, bottom, right)."""

    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)
    dilation: tuple[int, int] = (1, 1)


def _window(
    builder: Builder, node: NodeProto, fields: Attributes, full: Shape, kernel: Shape
) -> Window:
    """The window of a node; one-dimensional windows get the height 1."""
    rank = len(kernel)
    stride = fields.integers("strides", [1] * rank)
    dilation = fields.integers("dilations", [1] * rank)
    pads = fields.integers("pads", [0] * (2 * rank))
    if len(stride) != rank or len(dilation) != rank or len(pads) != 2 * rank:
        raise builder.fault(
            node, "strides, dilations and pads do not fit the kernel", got=(stride, dilation, pads)
        )
    if min(*kernel, *stride, *dilation) < 1 or min(pads) < 0:
        raise builder.fault(
            node,
            "kernel, strides and dilations must be 1 or more, pads 0 or more",
            got=(kernel, stride, dilation, pads),
        )
    if rank == 1:
        full = (*full[:2], 1, full[2])
        pads = [0, pads[0], 0, pads[1]]
    size, steps, gaps = (pair(values) for values in (kernel, stride, dilation))
    automatic = fields.text("auto_pad", "NOTSET")
    if automatic == "VALID":
        padding = (0, 0, 0, 0)
    elif automatic.startswith("SAME"):
        padding = same_padding(full, size, steps, gaps, upper=automatic == "SAME_UPPER")
    else:
        top, left, bottom, right = pads
        padding = (top, left, bottom, right)
    return Window(size, steps, padding, gaps)


class Windowed(NamedTuple):
    """A layer that slides a window over its input.

    Args:
        operator: operator of the layer.
        channels: channels of its output.
        window: what slides.
        flat: whether the file's images have one axis; they become images of height 1.
        exact: whether the output must be as large as the window says; a global pool's, and one
            that rounds up, is taken from inference.
    """

    operator: str
    channels: int
    window: Window
    flat: bool
    exact: bool = True


def _windowed(
    builder: Builder,
    node: NodeProto,
    wanted: Windowed,
    name: str = "",
    added: str = "",
    **fields: Unpack[LayerFields],
) -> None:
    """A convolution or pooling layer; `added` is a bias that is not on the array of a convolution,
    since another layer's is.
    """
    value = builder.source(node.input[0], node)
    full = builder.full(node.output[0], node)
    positions = (1, *full[2:]) if wanted.flat else full[2:]
    if not FUNCTIONS[wanted.operator].sliding:
        positions = (1, 1)  # one window, the whole image
    source = value.layer
    if wanted.flat:
        source = builder.reshaped(source, (value.full[1], 1, value.full[2]), node, suffix="_image")
    size = builder.layers[source].output_shape
    expected = window(size, *wanted.window, builder.graph.position(node))
    if wanted.exact and expected != positions:
        raise builder.fault(node, "its output shape does not follow from its window", got=full)
    output = (wanted.channels, *positions)
    fields["kernel"], fields["stride"], fields["padding"], fields["dilation"] = wanted.window
    name = builder.add(
        name or builder.name_for(node, wanted.operator),
        wanted.operator,
        (source,),
        output,
        node,
        **fields,
    )
    if added:
        name = add_bias(builder, node, name, name, added)
    shape = builder.per_image(full, 0, node) or (1,)
    layer = builder.reshaped(name, shape, node, suffix="_output")
    builder.values[node.output[0]] = Value(layer, full, 0)


CONVERTERS: dict[str, Converter] = {
    "Conv": _convolution,
    "MaxPool": _pool("max_pool"),
    "AveragePool": _pool("average_pool"),
    "GlobalAveragePool": global_pool("global_average_pool"),
    "GlobalMaxPool": global_pool("global_max_pool"),
}
