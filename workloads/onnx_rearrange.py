"""ONNX operators that only move data: they become free layers, or nothing where an image's shape stays the same."""

from __future__ import annotations

import math

from workloads.onnx_builder import Builder, Value, attributes
from workloads.shapes import Shape


def _reshape(operator: str):
    def convert(builder: Builder, node) -> None:
        value = builder.source(node.input[0], node)
        out = builder.full(node.output[0], node)
        builder.rearrange(node, operator, node.input[0], _axis_after_reshape(builder, node, value, out))

    return convert


def _axis_after_reshape(builder: Builder, node, value: Value, out: Shape) -> int | None:
    """Where the batch went: the output axis that has the same number of elements before it."""
    if value.axis is None:
        return None
    before, batch = math.prod(value.full[: value.axis]), builder.graph.batch
    places = [axis for axis in range(len(out)) if math.prod(out[:axis]) == before and out[axis] % batch == 0]
    exact = [axis for axis in places if out[axis] == batch]
    if not places and batch > 1:
        raise builder.fault(node, "a reshape splits the batch", "export the network with a batch of 1", (value.full, out))
    return (exact or places or [None])[0]


def _transpose(builder: Builder, node) -> None:
    value = builder.source(node.input[0], node)
    order = attributes(node).get("perm", list(range(len(value.full)))[::-1])
    if sorted(order) != list(range(len(value.full))):
        raise builder.fault(node, "perm does not name every axis once", got=order)
    axis = None if value.axis is None else order.index(value.axis)
    full = builder.full(node.output[0], node)
    shape = builder.per_image(full, axis, node) or (1,)
    # Moving only the batch or axes of length one moves nothing within an image.
    kept = [item for item in order if value.full[item] > 1 and item != value.axis]
    layer = builder.reshaped(value.layer, shape, node, "reshape" if kept == sorted(kept) else "transpose")
    builder.values[node.output[0]] = Value(layer, full, axis)


def _moved(operator: str):
    """Pad, Slice, Gather with constant indices and the like: the shape changes, the batch axis stays where it is."""

    def convert(builder: Builder, node) -> None:
        value = builder.source(node.input[0], node)
        for tensor in filter(None, node.output):
            if not builder.graph.uses[tensor]:
                continue
            full = builder.full(tensor, node)
            axis = value.axis
            if axis is not None and len(full) < len(value.full):
                # Only Gather with a single index drops an axis.
                dropped = attributes(node).get("axis", 0) % len(value.full)
                axis = axis - 1 if dropped < axis else None if dropped == axis else axis
            builder.rearrange(node, operator, node.input[0], axis, tensor)

    return convert


def _gather(builder: Builder, node) -> None:
    if builder.constant(node.input[0]):
        raise builder.fault(node, "a table look-up (embedding) is not supported", "start the network behind the embedding")
    if not builder.constant(node.input[1]):
        raise builder.fault(node, "indices computed at run time are not supported", "cut the network before it")
    _moved("slice")(builder, node)


def _alias(builder: Builder, node) -> None:
    builder.alias(node, node.input[0])


def _quantised(builder: Builder, node) -> None:
    builder.note("QuantizeLinear and DequantizeLinear are not counted; the chip's own converters quantise")
    builder.alias(node, node.input[0])


CONVERTERS = {
    "Flatten": _reshape("flatten"),
    "Reshape": _reshape("reshape"),
    "Squeeze": _reshape("reshape"),
    "Unsqueeze": _reshape("reshape"),
    "Transpose": _transpose,
    "DepthToSpace": _moved("transpose"),
    "SpaceToDepth": _moved("transpose"),
    "Pad": _moved("pad"),
    "Slice": _moved("slice"),
    "Split": _moved("slice"),
    "Gather": _gather,
    "Identity": _alias,
    "Cast": _alias,
    "QuantizeLinear": _quantised,
    "DequantizeLinear": _quantised,
}
