"""What each operator that moves elements makes of an array; -1 stands where it fills."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from hwlib.errors import InputError
from workloads.onnx.arithmetic import Array, slices
from workloads.onnx.node import Attributes

if TYPE_CHECKING:
    from onnx import NodeProto

    # It calls the makers of constants, of which some are in this file.
    from workloads.onnx.constants import Constants

_PADDING = ("constant", "reflect", "edge", "wrap")


def sliced(constants: Constants, node: NodeProto, array: Array, number: int) -> Array:
    return array[slices(constants, node, array.ndim)]


def split(constants: Constants, node: NodeProto, array: Array, number: int) -> Array:
    axis = Attributes(node).integer("axis", 0) % array.ndim
    sizes = [constants.graph.shape(tensor, node)[axis] if tensor else 0 for tensor in node.output]
    # A part that nobody names has no shape, so where the next one begins is not known.
    if 0 in sizes[:number]:
        raise InputError(
            "parts without a name are not supported", where=constants.graph.position(node)
        )
    start = sum(sizes[:number])
    return array.take(range(start, start + sizes[number]), axis=axis)


def taken(constants: Constants, node: NodeProto, array: Array, number: int) -> Array:
    return np.take(array, constants.of(node.input[1]), axis=Attributes(node).integer("axis", 0))


def broadcast(constants: Constants, node: NodeProto, array: Array, number: int) -> Array:
    return np.broadcast_to(array, constants.graph.shape(node.output[0], node))


def repeated(constants: Constants, node: NodeProto, array: Array, number: int) -> Array:
    return np.tile(array, [int(item) for item in constants.of(node.input[1]).reshape(-1)])


def points(constants: Constants, node: NodeProto, array: Array, number: int) -> Array:
    if Attributes(node).integer("batch_dims", 0):
        raise InputError("batch_dims are not supported", where=constants.graph.position(node))
    return np.asarray(array[tuple(np.moveaxis(constants.of(node.input[1]), -1, 0))])


def elements(constants: Constants, node: NodeProto, array: Array, number: int) -> Array:
    indices = constants.of(node.input[1])
    axis = Attributes(node).integer("axis", 0) % array.ndim
    # along the other axes the indices may stop earlier than the data
    kept = tuple(
        slice(None) if other == axis else slice(size) for other, size in enumerate(indices.shape)
    )
    return np.take_along_axis(array[kept], indices, axis)


class Pads(NamedTuple):
    """What a Pad puts before and after each axis; negative numbers take away."""

    before: list[int]
    after: list[int]


def _pads(constants: Constants, node: NodeProto, rank: int) -> Pads:
    fields = Attributes(node)
    given = (
        fields.integers("pads")
        if "pads" in fields
        else [int(item) for item in constants.of(node.input[1]).reshape(-1)]
    )
    named = constants.input(node, 3)
    axes = range(rank) if named is None else [int(item) % rank for item in named.reshape(-1)]
    if len(given) != 2 * len(axes):
        where = constants.graph.position(node)
        raise InputError("pads do not fit the axes", where=where, got=given)
    pads = Pads([0] * rank, [0] * rank)
    for position, axis in enumerate(axes):
        pads.before[axis] = given[position]
        pads.after[axis] = given[position + len(axes)]
    return pads


def padded(constants: Constants, node: NodeProto, array: Array, number: int) -> Array:
    pads = _pads(constants, node, array.ndim)
    widths = [(max(0, first), max(0, last)) for first, last in zip(pads.before, pads.after)]
    mode = Attributes(node).text("mode", "constant")
    match mode:
        case "constant":
            grown = np.pad(array, widths, constant_values=-1)
        case "reflect" | "edge" | "wrap":
            grown = np.pad(array, widths, mode=mode)
        case _:
            where = constants.graph.position(node)
            raise InputError("unknown mode of padding", where=where, got=mode, allowed=_PADDING)
    # Negative padding takes away.
    taken = (
        slice(max(0, -first), size - max(0, -last))
        for first, last, size in zip(pads.before, pads.after, grown.shape)
    )
    return grown[tuple(taken)]


def fill(constants: Constants, node: NodeProto) -> Array | float:
    fields = Attributes(node)
    if "value" in fields:
        return fields.number("value", 0.0)
    given = constants.input(node, 2)
    return 0.0 if given is None else given


def depth_to_space(constants: Constants, node: NodeProto, array: Array, number: int) -> Array:
    fields = Attributes(node)
    size = fields.integer("blocksize")
    batch, channels, height, width = array.shape
    # DCR: the block's places before the channels, CRD: behind them (ONNX's definition).
    if fields.text("mode", "DCR") == "DCR":
        parts = array.reshape(batch, size, size, channels // size**2, height, width).transpose(
            0, 3, 4, 1, 5, 2
        )
    else:
        parts = array.reshape(batch, channels // size**2, size, size, height, width).transpose(
            0, 1, 4, 2, 5, 3
        )
    return parts.reshape(batch, channels // size**2, height * size, width * size)


def space_to_depth(constants: Constants, node: NodeProto, array: Array, number: int) -> Array:
    size = Attributes(node).integer("blocksize")
    batch, channels, height, width = array.shape
    parts = array.reshape(batch, channels, height // size, size, width // size, size).transpose(
        0, 3, 5, 1, 2, 4
    )
    return parts.reshape(batch, channels * size**2, height // size, width // size)
