"""ONNX operators that give data another shape: they become free layers, or nothing where an image
stays as it is.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from archsim.operators.shapes import Shape
from hwlib.errors import InputError
from workloads.onnx import moves
from workloads.onnx.arithmetic import FLOATS, SHORT_FLOATS, WHOLE_TYPES, axes_of
from workloads.onnx.builder import Builder, Converter
from workloads.onnx.node import Attributes
from workloads.onnx.reader import Value

if TYPE_CHECKING:
    from onnx import NodeProto

_MASK = 9
"""ONNX's number of the type of masks."""


def _reshape(operator: str) -> Converter:
    def convert(builder: Builder, node: NodeProto) -> None:
        value = builder.source(node.input[0], node)
        out = builder.full(node.output[0], node)
        axis = (
            _axis_by_axes(builder, node, value, out)
            if node.op_type in ("Squeeze", "Unsqueeze")
            else None
        )
        if axis is None:
            axis = _axis_after_reshape(builder, node, value, out)
        builder.rearrange(node, operator, node.input[0], axis)

    return convert


def _axis_by_axes(builder: Builder, node: NodeProto, value: Value, out: Shape) -> int | None:
    """Where the batch is once axes of length one are put in or taken out; None where it is taken
    out itself or nobody knows.
    """
    if value.axis is None:
        return None
    try:
        axes = axes_of(builder.constants, node)
    except InputError:
        return None
    longer = max(len(out), len(value.full))
    if axes is None:  # Squeeze of whatever has length one
        axes = [axis for axis, size in enumerate(value.full) if size == 1]
    changed = {axis % longer for axis in axes}
    if node.op_type == "Squeeze":
        if value.axis in changed:
            return None
        return value.axis - sum(axis < value.axis for axis in changed)
    if len(changed) != len(out) - len(value.full):
        return None
    return [axis for axis in range(longer) if axis not in changed][value.axis]


def _axis_after_reshape(builder: Builder, node: NodeProto, value: Value, out: Shape) -> int | None:
    """Where the batch went: the output axis that has the same number of elements before it."""
    if value.axis is None:
        return None
    before = math.prod(value.full[: value.axis])
    batch = builder.graph.batch
    candidates = [
        axis
        for axis in range(len(out))
        if math.prod(out[:axis]) == before and out[axis] % batch == 0
    ]
    exact = [axis for axis in candidates if out[axis] == batch]
    if not candidates and batch > 1:
        raise builder.fault(
            node,
            "a reshape splits the batch",
            "export the network with a batch of 1",
            (value.full, out),
        )
    if batch == 1 and before > 1 and not exact:
        return None  # one image has been joined with its steps: nothing is left to divide
    # several axes of length one lie side by side: the first
    return next(iter(exact or candidates), None)


def _transpose(builder: Builder, node: NodeProto) -> None:
    value = builder.source(node.input[0], node)
    order = Attributes(node).integers("perm", range(len(value.full))[::-1])
    if sorted(order) != list(range(len(value.full))):
        raise builder.fault(node, "perm does not name every axis once", got=order)
    axis = None if value.axis is None else order.index(value.axis)
    full = builder.full(node.output[0], node)
    shape = builder.per_image(full, axis, node) or (1,)
    held = builder.layers[value.layer].output_shape
    turned = tuple(order)
    if value.axis is not None and len(held) < len(value.full):  # an image has no batch axis
        turned = tuple(item - (item > value.axis) for item in order if item != value.axis)
    # Moving only the batch or axes of length one moves nothing within an image.
    moved = [item for item in turned if held[item] > 1] if len(turned) == len(held) else []
    if moved == sorted(moved):
        layer = builder.reshaped(value.layer, shape, node)
    else:
        layer = builder.reshaped(
            value.layer, shape, node, "transpose", settings=(("axes", turned),)
        )
    builder.values[node.output[0]] = Value(layer, full, axis)


def _alias(builder: Builder, node: NodeProto) -> None:
    builder.alias(node, node.input[0])


def _cast(builder: Builder, node: NodeProto) -> None:
    kind = Attributes(node).integer("to", 0)
    came = builder.graph.types.get(node.input[0], 0)
    if kind == _MASK and came != _MASK:
        builder.emit(node, "truth", (node.input[0],))
    elif kind in WHOLE_TYPES and (came in FLOATS or came in SHORT_FLOATS):
        builder.emit(node, "truncate", (node.input[0],))
    elif kind in SHORT_FLOATS and came not in (kind, _MASK):
        settings = (("format", SHORT_FLOATS[kind]),)
        builder.emit(node, "identity", (node.input[0],), function="short_float", settings=settings)
    else:
        exact = kind in FLOATS or kind in SHORT_FLOATS
        if not exact and not (kind in WHOLE_TYPES and came in WHOLE_TYPES) and kind != _MASK:
            builder.refuse_values(node, f"rounding to ONNX's type {kind} is not modelled")
        builder.alias(node, node.input[0])


CONVERTERS: dict[str, Converter] = {
    **moves.CONVERTERS,
    "Flatten": _reshape("flatten"),
    "Reshape": _reshape("reshape"),
    "Squeeze": _reshape("reshape"),
    "Unsqueeze": _reshape("reshape"),
    "Transpose": _transpose,
    "Identity": _alias,
    "Cast": _cast,
}
