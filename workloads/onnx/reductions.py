"""ONNX reductions over axes: means and maxima as global pools, all others as they are; running sums."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from archsim.operators.shapes import Shape
from archsim.operators.vector.reduce import ONNX_KINDS
from hwlib.errors import InputError
from workloads.onnx.arithmetic import axes_of
from workloads.onnx.builder import Builder, Converter, Settings
from workloads.onnx.node import Attributes
from workloads.onnx.reader import Value
from workloads.onnx.windows import global_pool

if TYPE_CHECKING:
    from onnx import NodeProto


def _reduce(operator: str) -> Converter:
    """ReduceMean and ReduceMax are global pooling: over the positions of an image as it is, over
    other axes after a transpose.
    """

    def convert(builder: Builder, node: NodeProto) -> None:
        value = builder.source(node.input[0], node)
        full = value.full
        out = builder.full(node.output[0], node)
        axes = _axes(builder, node, value)
        if not axes:
            builder.alias(node, node.input[0])
            return
        image = (
            len(full) in (3, 4)
            and axes == list(range(2, len(full)))
            and value.axis in (0, None)
            and full[0] == builder.graph.batch
        )
        if image:
            global_pool(operator)(builder, node)
        else:
            _pool_axes(builder, node, operator, value, axes, out)

    return convert


def _axes(builder: Builder, node: NodeProto, value: Value) -> list[int]:
    """The axes of the whole tensor that a node runs over, none where it passes its input on."""
    rank = len(value.full)
    try:
        axes = axes_of(builder.constants, node)
    except InputError:
        raise builder.fault(
            node, "axes computed at run time are not supported", "cut the network before it"
        ) from None
    if not axes and Attributes(node).flag("noop_with_empty_axes"):
        return []
    if not axes:
        axes = [axis for axis in range(rank) if axis != value.axis or builder.graph.batch == 1]
    return sorted({axis % rank for axis in axes})


def _over_axes(builder: Builder, node: NodeProto) -> None:
    """Sums and the like: a layer over the axes of the image."""
    value = builder.source(node.input[0], node)
    axes = _axes(builder, node, value)
    if not axes:
        builder.alias(node, node.input[0])
        return
    single = value.axis is not None and value.full[value.axis] == builder.graph.batch == 1
    own = tuple(
        builder.image_axis(value.full, value.axis, axis, node)
        for axis in axes
        if not (single and axis == value.axis)
    )
    settings: Settings = (("kind", ONNX_KINDS[node.op_type]), ("axes", own))
    axis = _axis_behind(value.axis, axes, keep=Attributes(node).flag("keepdims", True))
    builder.emit(node, "reduce", (node.input[0],), axis, settings=settings)


def _pool_axes(
    builder: Builder, node: NodeProto, operator: str, value: Value, axes: list[int], out: Shape
) -> None:
    """The mean or the largest over some axes: they become the height of an image of which all
    others are the channels.
    """
    shape = builder.layers[value.layer].output_shape
    # an axis of length one adds nothing
    single = (
        value.axis is not None
        and value.axis in axes
        and value.full[value.axis] == builder.graph.batch == 1
    )
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
    axis = _axis_behind(value.axis, axes, keep=Attributes(node).flag("keepdims", True))
    wanted = builder.per_image(out, axis, node) or (1,)
    layer = builder.reshaped(name, wanted, node, suffix="_output")
    builder.values[node.output[0]] = Value(layer, out, axis)


def _running_sum(builder: Builder, node: NodeProto) -> None:
    """CumSum along an axis that the file names."""
    if not builder.constant(node.input[1]):
        raise builder.fault(
            node, "an axis computed at run time is not supported", "cut the network before it"
        )
    value = builder.source(node.input[0], node)
    axis = int(builder.constants.of(node.input[1]).reshape(()))
    fields = Attributes(node)
    settings: Settings = (
        ("axis", builder.image_axis(value.full, value.axis, axis, node)),
        ("exclusive", fields.flag("exclusive")),
        ("reverse", fields.flag("reverse")),
    )
    builder.emit(node, "running_sum", (node.input[0],), settings=settings)


def _axis_behind(batch_axis: int | None, reduced: list[int], keep: bool) -> int | None:
    """Where the batch is once axes were reduced; None where it is gone."""
    if batch_axis is None or keep:
        return batch_axis
    if batch_axis in reduced:
        return None
    return batch_axis - sum(axis < batch_axis for axis in reduced)


CONVERTERS: dict[str, Converter] = {
    "ReduceMean": _reduce("global_average_pool"),
    "ReduceMax": _reduce("global_max_pool"),
    "CumSum": _running_sum,
    **{kind: _over_axes for kind in ONNX_KINDS},
}
