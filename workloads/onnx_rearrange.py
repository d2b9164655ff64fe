"""ONNX operators that only move data: they become free layers, or nothing where an image stays as
it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from hwlib.errors import InputError
from workloads.onnx_builder import Builder, Value, attributes
from workloads.onnx_constants import FLOATS, Constants, axes_of, slices
from workloads.shapes import Shape

_LARGEST_MOVED = 2**25
"""Elements of a tensor, all images, that a node may move in a run with real data."""
_LARGEST_LOOKED_AT = 2**20
"""Elements of a tensor up to which it is found out at once whether a node moves anything at all."""


def _reshape(operator: str):
    def convert(builder: Builder, node) -> None:
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


def _axis_by_axes(builder: Builder, node, value: Value, out: Shape) -> int | None:
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
    axes = {axis % longer for axis in axes}
    if node.op_type == "Squeeze":
        return None if value.axis in axes else value.axis - sum(axis < value.axis for axis in axes)
    return (
        [axis for axis in range(longer) if axis not in axes][value.axis]
        if len(axes) == len(out) - len(value.full)
        else None
    )


def _axis_after_reshape(builder: Builder, node, value: Value, out: Shape) -> int | None:
    """Where the batch went: the output axis that has the same number of elements before it."""
    if value.axis is None:
        return None
    before = math.prod(value.full[: value.axis])
    batch = builder.graph.batch
    places = [
        axis
        for axis in range(len(out))
        if math.prod(out[:axis]) == before and out[axis] % batch == 0
    ]
    exact = [axis for axis in places if out[axis] == batch]
    if not places and batch > 1:
        raise builder.fault(
            node,
            "a reshape splits the batch",
            "export the network with a batch of 1",
            (value.full, out),
        )
    if batch == 1 and before > 1 and not exact:
        return None  # one image has been joined with its steps: nothing is left to divide
    return (exact or places or [None])[0]


def _transpose(builder: Builder, node) -> None:
    value = builder.source(node.input[0], node)
    order = attributes(node).get("perm", list(range(len(value.full)))[::-1])
    if sorted(order) != list(range(len(value.full))):
        raise builder.fault(node, "perm does not name every axis once", got=order)
    axis = None if value.axis is None else order.index(value.axis)
    full = builder.full(node.output[0], node)
    shape = builder.per_image(full, axis, node) or (1,)
    held = builder.layers[value.layer].output_shape
    dropped = value.axis is not None and len(held) < len(value.full)
    turned = tuple(
        item - (dropped and item > value.axis)
        for item in order
        if not (dropped and item == value.axis)
    )
    # Moving only the batch or axes of length one moves nothing within an image.
    moved = [item for item in turned if held[item] > 1] if len(turned) == len(held) else []
    if moved == sorted(moved):
        layer = builder.reshaped(value.layer, shape, node)
    else:
        layer = builder.reshaped(
            value.layer, shape, node, "transpose", settings=(("axes", turned),)
        )
    builder.values[node.output[0]] = Value(layer, full, axis)


Move = Callable[[Constants, object, np.ndarray, int], np.ndarray]
"""(constants, node, array, number of the output) -> the array that the node would make of it, -1 where it fills."""


def _moved(operator: str, move: Move):
    """Pad, Slice, Gather with constant indices and the like: the shape changes, the batch axis
    stays where it is.
    """

    def convert(builder: Builder, node) -> None:
        value = builder.source(node.input[0], node)
        for number, tensor in enumerate(node.output):
            if not tensor or not builder.graph.uses[tensor]:
                continue
            full = builder.full(tensor, node)
            axis = value.axis
            if axis is not None and len(full) < len(value.full):
                # Only Gather with a single index drops an axis.
                dropped = attributes(node).get("axis", 0) % len(value.full)
                axis = axis - 1 if dropped < axis else None if dropped == axis else axis
            _add_move(builder, node, operator, move, value, (number, tensor, full, axis))

    return convert


def _add_move(
    builder: Builder,
    node,
    operator: str,
    move: Move,
    value: Value,
    output: tuple[int, str, Shape, int | None],
) -> None:
    number, tensor, full, axis = output
    batch = builder.graph.batch

    def places(constants: Constants) -> np.ndarray:
        if max(math.prod(value.full), math.prod(full)) > _LARGEST_MOVED:
            raise builder.fault(node, "moves more than real data can carry", got=value.full)
        try:
            moved = move(
                constants, node, np.arange(math.prod(value.full)).reshape(value.full), number
            )
        except (IndexError, ValueError, TypeError, KeyError, ZeroDivisionError) as fault:
            if isinstance(fault, InputError):
                raise
            raise builder.fault(node, f"what it moves cannot be worked out ({fault})") from None
        return _places(builder, node, value, moved, axis)

    shape = builder.per_image(full, axis, node) or (1,)
    still = False
    if math.prod(value.full) <= _LARGEST_LOOKED_AT:
        try:
            found = places(builder.constants)
        except InputError as fault:
            builder.refuse_values(node, fault.what)
        else:
            still = np.array_equal(
                found.reshape(-1), np.arange(math.prod(builder.layers[value.layer].output_shape))
            )
            if found.size != math.prod(shape):
                raise builder.fault(
                    node, "its output shape does not follow from its input", got=(full, batch)
                )
    if still:
        builder.values[tensor] = Value(builder.reshaped(value.layer, shape, node), full, axis)
        return
    roles = {"index": places}
    if node.op_type == "Pad":
        roles["fill"] = lambda constants: np.asarray(_fill(constants, node), np.float32).reshape(())
    name = builder.reshaped(value.layer, shape, node, operator, always=True, constants=tuple(roles))
    builder.tensors[name] = roles
    builder.values[tensor] = Value(name, full, axis)


def _places(
    builder: Builder, node, value: Value, moved: np.ndarray, axis: int | None
) -> np.ndarray:
    """Of a whole tensor's places those of the first image, counted within an image."""
    batch = builder.graph.batch
    if batch == 1 or value.axis is None:
        return moved.reshape(-1)
    steps = value.full[value.axis] // batch
    own = (
        np.arange(math.prod(value.full))
        .reshape(value.full)
        .take(range(steps), axis=value.axis)
        .reshape(-1)
    )
    first = moved if axis is None else moved.take(range(moved.shape[axis] // batch), axis=axis)
    within = np.full(math.prod(value.full) + 1, -2)
    within[own], within[-1] = np.arange(len(own)), -1
    result = within[first.reshape(-1)]
    if (result == -2).any():
        raise builder.fault(
            node,
            "moves data from one image of the batch to another",
            "export the network with a batch of 1",
        )
    return result


def _sliced(constants: Constants, node, array: np.ndarray, number: int) -> np.ndarray:
    return array[slices(constants, node, array.ndim)]


def _split(constants: Constants, node, array: np.ndarray, number: int) -> np.ndarray:
    axis = attributes(node).get("axis", 0) % array.ndim
    sizes = [constants.graph.shape(tensor, node)[axis] if tensor else 0 for tensor in node.output]
    if 0 in sizes[:number]:
        raise InputError(
            "parts without a name are not supported", where=constants.graph.place(node)
        )
    start = sum(sizes[:number])
    return array.take(range(start, start + sizes[number]), axis=axis)


def _taken(constants: Constants, node, array: np.ndarray, number: int) -> np.ndarray:
    return np.take(array, constants.of(node.input[1]), axis=attributes(node).get("axis", 0))


_PADDING = {"constant": "constant", "reflect": "reflect", "edge": "edge", "wrap": "wrap"}


def _padded(constants: Constants, node, array: np.ndarray, number: int) -> np.ndarray:
    fields = attributes(node)
    mode = fields.get("mode", "constant")
    where = constants.graph.place(node)
    if mode not in _PADDING:
        raise InputError("unknown mode of padding", where=where, got=mode, allowed=_PADDING)
    pads = [
        int(item)
        for item in np.reshape(
            fields["pads"] if "pads" in fields else constants.of(node.input[1]), -1
        )
    ]
    axes = [
        int(item) % array.ndim
        for item in np.reshape(constants.input(node, 3, np.arange(array.ndim)), -1)
    ]
    if len(pads) != 2 * len(axes):
        raise InputError("pads do not fit the axes", where=where, got=pads)
    before, after = [0] * array.ndim, [0] * array.ndim
    for place, axis in enumerate(axes):
        before[axis], after[axis] = pads[place], pads[place + len(axes)]
    widths = [(max(0, first), max(0, last)) for first, last in zip(before, after)]
    grown = (
        np.pad(array, widths, constant_values=-1)
        if mode == "constant"
        else np.pad(array, widths, mode=_PADDING[mode])
    )
    # Negative padding takes away.
    return grown[
        tuple(
            slice(max(0, -first), size - max(0, -last))
            for first, last, size in zip(before, after, grown.shape)
        )
    ]


def _fill(constants: Constants, node) -> object:
    fields = attributes(node)
    return fields["value"] if "value" in fields else constants.input(node, 2, 0.0)


def _depth_to_space(constants: Constants, node, array: np.ndarray, number: int) -> np.ndarray:
    fields = attributes(node)
    size, (batch, channels, height, width) = fields["blocksize"], array.shape
    if fields.get("mode", "DCR") == "DCR":
        parts = array.reshape(batch, size, size, channels // size**2, height, width).transpose(
            0, 3, 4, 1, 5, 2
        )
    else:
        parts = array.reshape(batch, channels // size**2, size, size, height, width).transpose(
            0, 1, 4, 2, 5, 3
        )
    return parts.reshape(batch, channels // size**2, height * size, width * size)


def _space_to_depth(constants: Constants, node, array: np.ndarray, number: int) -> np.ndarray:
    size, (batch, channels, height, width) = attributes(node)["blocksize"], array.shape
    parts = array.reshape(batch, channels, height // size, size, width // size, size).transpose(
        0, 3, 5, 1, 2, 4
    )
    return parts.reshape(batch, channels * size**2, height // size, width // size)


def _gather(builder: Builder, node) -> None:
    if builder.constant(node.input[0]):
        raise builder.fault(
            node,
            "a table look-up (embedding) is not supported",
            "start the network behind the embedding",
        )
    if not builder.constant(node.input[1]):
        raise builder.fault(
            node, "indices computed at run time are not supported", "cut the network before it"
        )
    _moved("slice", _taken)(builder, node)


def _alias(builder: Builder, node) -> None:
    builder.alias(node, node.input[0])


def _cast(builder: Builder, node) -> None:
    kind = attributes(node).get("to")
    if kind not in FLOATS or FLOATS[kind] == np.float16:
        builder.refuse_values(node, f"rounding to ONNX's type {kind} is not modelled")
    builder.alias(node, node.input[0])


def _quantised(builder: Builder, node) -> None:
    builder.note(
        "QuantizeLinear and DequantizeLinear are not counted; the chip's own converters quantise"
    )
    builder.refuse_values(node, "the file's own quantisation of activations is not modelled")
    builder.alias(node, node.input[0])


CONVERTERS = {
    "Flatten": _reshape("flatten"),
    "Reshape": _reshape("reshape"),
    "Squeeze": _reshape("reshape"),
    "Unsqueeze": _reshape("reshape"),
    "Transpose": _transpose,
    "DepthToSpace": _moved("transpose", _depth_to_space),
    "SpaceToDepth": _moved("transpose", _space_to_depth),
    "Pad": _moved("pad", _padded),
    "Slice": _moved("slice", _sliced),
    "Split": _moved("slice", _split),
    "Gather": _gather,
    "Identity": _alias,
    "Cast": _cast,
    "QuantizeLinear": _quantised,
    "DequantizeLinear": _quantised,
}
