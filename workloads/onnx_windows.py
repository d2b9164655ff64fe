"""ONNX convolutions and pooling, in one and two dimensions, as layers."""

from __future__ import annotations

import math

from hwlib.errors import InputError
from workloads.onnx_builder import Builder, Value, WeightPlace, attributes
from workloads.onnx_constants import axes_of
from workloads.shapes import same_padding, window


def _convolution(builder: Builder, node) -> None:
    fields = attributes(node)
    data, weight = node.input[0], node.input[1]
    weight_shape = builder.weight_shape(weight, node)
    flat = len(weight_shape) == 3
    if len(weight_shape) not in (3, 4):
        raise builder.fault(
            node,
            "only 1-D and 2-D convolutions are supported",
            "cut the network before it",
            weight_shape,
        )
    groups = fields.get("group", 1)
    full = _image(builder, node, data, len(weight_shape))
    kernel = weight_shape[2:]
    if groups < 1 or full[1] != weight_shape[1] * groups or weight_shape[0] % groups:
        raise builder.fault(
            node,
            "channels and groups do not fit",
            got=f"input {full}, weight {weight_shape}, group {groups}",
        )
    if tuple(fields.get("kernel_shape", kernel)) != tuple(kernel):
        raise builder.fault(
            node, "kernel_shape is not that of the weight", got=fields["kernel_shape"]
        )
    settings = _window(builder, node, fields, full, kernel)
    bias = len(node.input) > 2 and node.input[2] != ""
    if bias:
        builder.weight_shape(node.input[2], node)
    layer = builder.name_for(node, "conv2d", weight, bias=node.input[2] if bias else "")
    sharing = builder.shared(layer, ("conv2d", builder.origins.of(weight), groups))
    held = (builder.origins.of(node.input[2]), 1.0) if bias else ()
    kept = bias and builder.own_bias(sharing, held)
    builder.weights[layer] = WeightPlace(node, bias=held if kept else ())
    added = node.input[2] if bias and not kept else ""
    _windowed(
        builder,
        node,
        "conv2d",
        weight_shape[0],
        settings,
        flat,
        layer,
        added=added,
        groups=groups,
        bias=kept,
        **sharing,
    )


def _pool(operator: str):
    def convert(builder: Builder, node) -> None:
        fields = attributes(node)
        kernel = tuple(fields.get("kernel_shape", ()))
        if len(kernel) not in (1, 2):
            raise builder.fault(
                node, "only 1-D and 2-D pooling is supported", "cut the network before it", kernel
            )
        full = _image(builder, node, node.input[0], len(kernel) + 2)
        settings = _window(builder, node, fields, full, kernel)
        if operator == "average_pool":
            settings["settings"] = (
                (("count_include_pad", True),) if fields.get("count_include_pad", 0) else ()
            )
        _windowed(
            builder,
            node,
            operator,
            full[1],
            settings,
            len(kernel) == 1,
            exact=not fields.get("ceil_mode", 0),
        )

    return convert


def _global_pool(operator: str):
    def convert(builder: Builder, node) -> None:
        full = _image(builder, node, node.input[0], None)
        kernel = (1, full[2]) if len(full) == 3 else full[2:]
        settings = {"kernel": kernel, "stride": (1, 1), "padding": (0, 0, 0, 0), "dilation": (1, 1)}
        _windowed(builder, node, operator, full[1], settings, len(full) == 3, exact=False)

    return convert


def _reduce(operator: str):
    """ReduceMean and ReduceMax are global pooling: over the positions of an image as it is, over
    other axes after a transpose.
    """

    def convert(builder: Builder, node) -> None:
        value = builder.source(node.input[0], node)
        full, out = value.full, builder.full(node.output[0], node)
        try:
            axes = axes_of(builder.constants, node)
        except InputError:
            raise builder.fault(
                node, "axes computed at run time are not supported", "cut the network before it"
            ) from None
        if not axes and attributes(node).get("noop_with_empty_axes", 0):
            builder.alias(node, node.input[0])
            return
        if not axes:
            axes = [
                axis for axis in range(len(full)) if axis != value.axis or builder.graph.batch == 1
            ]
        axes = sorted({axis % len(full) for axis in axes})
        image = (
            len(full) in (3, 4)
            and axes == list(range(2, len(full)))
            and value.axis in (0, None)
            and full[0] == builder.graph.batch
        )
        if image:
            _global_pool(operator)(builder, node)
        else:
            _pool_axes(builder, node, operator, value, axes, out)

    return convert


def _pool_axes(builder: Builder, node, operator: str, value: Value, axes: list[int], out) -> None:
    """The mean or the largest over some axes: they become the height of an image of which all
    others are the channels.
    """
    shape = builder.layers[value.layer].output_shape
    single = (
        value.axis in axes and value.full[value.axis] == builder.graph.batch == 1
    )  # an axis of length one adds nothing
    reduced = [
        builder.image_axis(value.full, value.axis, axis, node)
        for axis in axes
        if not (single and axis == value.axis)
    ]
    kept = [axis for axis in range(len(shape)) if axis not in reduced]
    order = (*kept, *reduced)
    turned = tuple(shape[axis] for axis in order)
    moved = [axis for axis in order if shape[axis] > 1]
    source = value.layer
    if moved != sorted(moved):
        source = builder.reshaped(
            source, turned, node, "transpose", "_input", settings=(("axes", order),)
        )
    channels = math.prod(shape[axis] for axis in kept)
    length = math.prod(shape[axis] for axis in reduced)
    source = builder.reshaped(source, (channels, length, 1), node, suffix="_image")
    name = builder.add(
        builder.name_for(node, operator),
        operator,
        (source,),
        (channels, 1, 1),
        node,
        kernel=(length, 1),
    )
    keep = bool(attributes(node).get("keepdims", 1))
    axis = (
        None
        if value.axis is None or value.axis in axes and not keep
        else value.axis
        if keep
        else value.axis - sum(item < value.axis for item in axes)
    )
    wanted = builder.per_image(out, axis, node) or (1,)
    builder.values[node.output[0]] = Value(
        builder.reshaped(name, wanted, node, suffix="_output"), out, axis
    )


def _image(builder: Builder, node, tensor: str, rank: int | None):
    """The whole shape (batch, channels, positions...) of an image input; its batch axis must be the
    first.
    """
    value = builder.source(tensor, node)
    ranks = (3, 4) if rank is None else (rank,)
    if (
        len(value.full) not in ranks
        or value.axis not in (0, None)
        or value.full[0] != builder.graph.batch
    ):
        wanted = "(batch, channels, width)" if rank == 3 else "(batch, channels, height, width)"
        raise builder.fault(node, f"needs an input of {wanted}", "", value.full)
    return value.full


def _window(builder: Builder, node, fields: dict, full, kernel) -> dict:
    """Kernel, stride, padding and dilation as pairs; one-dimensional windows get the height 1."""
    rank = len(kernel)
    stride = fields.get("strides", [1] * rank)
    dilation = fields.get("dilations", [1] * rank)
    pads = fields.get("pads", [0] * (2 * rank))
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
        kernel = (1, *kernel)
        stride = (1, *stride)
        dilation = (1, *dilation)
        pads = [0, pads[0], 0, pads[1]]
    kernel = tuple(kernel)
    stride = tuple(stride)
    dilation = tuple(dilation)
    automatic = fields.get("auto_pad", "NOTSET")
    padding = tuple(pads)
    if automatic == "VALID":
        padding = (0, 0, 0, 0)
    elif automatic.startswith("SAME"):
        padding = same_padding(full, kernel, stride, dilation, upper=automatic == "SAME_UPPER")
    return {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}


def _windowed(
    builder: Builder,
    node,
    operator,
    channels,
    settings,
    flat,
    name="",
    exact=True,
    added="",
    **fields,
) -> None:
    """A convolution or pooling layer; one-dimensional ones see their input as an image of height 1.

    `added` is a bias that is not on the array of a convolution, since another layer's is.
    """
    value = builder.source(node.input[0], node)
    full = builder.full(node.output[0], node)
    positions = (1, *full[2:]) if flat else full[2:]
    if operator.startswith("global"):
        positions = (1, 1)
    source = value.layer
    if flat:
        source = builder.reshaped(source, (value.full[1], 1, value.full[2]), node, suffix="_image")
    size = builder.layers[source].output_shape
    expected = window(
        size,
        settings["kernel"],
        settings["stride"],
        settings["padding"],
        settings["dilation"],
        builder.graph.place(node),
    )
    if exact and expected != tuple(positions):
        raise builder.fault(node, "its output shape does not follow from its window", got=full)
    name = builder.add(
        name or builder.name_for(node, operator),
        operator,
        (source,),
        (channels, *positions),
        node,
        **settings,
        **fields,
    )
    if added:
        name = builder.add(
            builder.unique(f"{name}_add"),
            "add",
            (name,),
            (channels, *positions),
            node,
            constants=("operand1",),
        )
        builder.tensors[name] = {
            "operand1": lambda constants: constants.of(added).reshape(-1, 1, 1)
        }
    wanted = builder.per_image(full, 0, node)
    builder.values[node.output[0]] = Value(
        builder.reshaped(name, wanted or (1,), node, suffix="_output"), full, 0
    )


CONVERTERS = {
    "Conv": _convolution,
    "MaxPool": _pool("max_pool"),
    "AveragePool": _pool("average_pool"),
    "GlobalAveragePool": _global_pool("global_average_pool"),
    "GlobalMaxPool": _global_pool("global_max_pool"),
    "ReduceMean": _reduce("global_average_pool"),
    "ReduceMax": _reduce("global_max_pool"),
}
