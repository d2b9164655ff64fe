"""ONNX operators that take elements from other places of a tensor: Pad, Slice, Split, Gather and the like.

Each says where every element of its output comes from, by being asked what it would make of a
tensor that holds the elements' numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from archsim.operators.free.embedding import WHOLE
from archsim.operators.shapes import Shape
from archsim.operators.strides import walk_of
from hwlib.errors import InputError
from workloads.onnx import moved_arrays as arrays
from workloads.onnx.arithmetic import WHOLE_TYPES, Array
from workloads.onnx.builder import Builder, Converter, Settings
from workloads.onnx.constants import Constants
from workloads.onnx.node import Attributes
from workloads.onnx.reader import Role, Value

if TYPE_CHECKING:
    from onnx import NodeProto

_LARGEST_MOVED = 2**25
"""Elements of a tensor, all images, that a node may move in a run with real data."""
_LARGEST_LOOKED_AT = 2**20
"""Elements of a tensor up to which it is found out at once what a node moves."""

Move = Callable[[Constants, "NodeProto", Array, int], Array]
"""(constants, node, array, number of the output) -> the array that the node would make of it, -1
where it fills."""


def moved(operator: str, move: Move) -> Converter:
    """Pad, Slice, Gather with constant indices and the like: the shape changes, the batch axis
    stays where it is.
    """

    def convert(builder: Builder, node: NodeProto) -> None:
        value = builder.source(node.input[0], node)
        for number, tensor in enumerate(node.output):
            if not tensor or not builder.graph.uses[tensor]:
                continue
            full = builder.full(tensor, node)
            axis = value.axis
            if axis is not None and len(full) > len(value.full):
                axis += len(full) - len(value.full)  # Expand puts further axes in front
            if axis is not None and len(full) < len(value.full):
                # Only Gather with a single index drops an axis.
                dropped = Attributes(node).integer("axis", 0) % len(value.full)
                axis = axis - 1 if dropped < axis else None if dropped == axis else axis
            output = NodeOutput(number, tensor, full, axis)
            _add_move(builder, node, operator, move, output)

    return convert


class NodeOutput(NamedTuple):
    """One output of a node: its number, its name, its whole shape and where its batch is."""

    number: int
    tensor: str
    full: Shape
    axis: int | None


def _add_move(
    builder: Builder, node: NodeProto, operator: str, move: Move, output: NodeOutput
) -> None:
    value = builder.source(node.input[0], node)

    def origins(constants: Constants) -> Array:
        if max(math.prod(value.full), math.prod(output.full)) > _LARGEST_MOVED:
            raise builder.fault(node, "moves more than real data can carry", got=value.full)
        # The node is handed the number of each element, and so tells where each comes from.
        numbers = np.arange(math.prod(value.full)).reshape(value.full)
        try:
            moved = move(constants, node, numbers, output.number)
        except (IndexError, ValueError, TypeError, KeyError, ZeroDivisionError) as fault:
            if isinstance(fault, InputError):
                raise
            raise builder.fault(node, f"what it moves cannot be worked out ({fault})") from None
        return _within_image(builder, node, value, moved, output.axis)

    shape = builder.per_image(output.full, output.axis, node) or (1,)
    numbers = _looked_at(builder, node, value, origins, output, shape)
    held = math.prod(builder.layers[value.layer].output_shape)
    if numbers is not None and np.array_equal(numbers, np.arange(held)):
        layer = builder.reshaped(value.layer, shape, node)
        builder.values[output.tensor] = Value(layer, output.full, output.axis)
        return
    settings: Settings = () if numbers is None else _walk(builder, node, numbers, held)
    roles: dict[str, Role] = {} if settings else {"index": origins}
    if node.op_type == "Pad" and not settings:
        roles["fill"] = lambda constants: _fill(constants, node)
    name = builder.reshaped(
        value.layer, shape, node, operator, always=True, constants=tuple(roles), settings=settings
    )
    builder.tensors[name] = roles
    builder.values[output.tensor] = Value(name, output.full, output.axis)


def _fill(constants: Constants, node: NodeProto) -> Array:
    return np.asarray(arrays.fill(constants, node), np.float32).reshape(())


def _walk(builder: Builder, node: NodeProto, numbers: Array, held: int) -> Settings:
    """What a node moves as a walk over elements (see `operators.moves`); none where no walk does it.

    Args:
        numbers: where each output element comes from, -1 where it is filled.
        held: elements of the input.
    """
    if taken := walk_of(numbers):
        return (("taken", taken),)
    kept = np.flatnonzero(numbers >= 0)
    if not np.array_equal(numbers[kept], np.arange(held)):
        return ()
    put = walk_of(kept)
    if not put:
        return ()
    try:
        fill = float(_fill(builder.constants, node))
    except InputError:  # its value is not in the file
        return ()
    return (("put", put), ("fill", fill))


def _looked_at(
    builder: Builder, node: NodeProto, value: Value, origins: Role, output: NodeOutput, shape: Shape
) -> Array | None:
    """Where each element of an image comes from; None where that is not known yet."""
    if max(math.prod(value.full), math.prod(output.full)) > _LARGEST_LOOKED_AT:
        return None
    try:
        moved = origins(builder.constants)
    except InputError as fault:
        builder.refuse_values(node, fault.what)
        return None
    if moved.size != math.prod(shape):
        raise builder.fault(
            node,
            "its output shape does not follow from its input",
            got=(output.full, builder.graph.batch),
        )
    return moved.reshape(-1)


def _within_image(
    builder: Builder, node: NodeProto, value: Value, moved: Array, axis: int | None
) -> Array:
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


def _embedding(builder: Builder, node: NodeProto) -> None:
    """A row of a constant table for each index that is computed, or given, at run time."""
    table = node.input[0]
    entries, *features = builder.weight_shape(table, node)
    if Attributes(node).integer("axis", 0) % (1 + len(features)):
        raise builder.fault(
            node, "a table look-up along another axis than the first", "transpose the table"
        )
    settings: Settings = (("entries", entries), *_whole(builder, node))
    if [entries] == features and _has_single_ones(builder, table):
        builder.emit(node, "one_hot", (node.input[1],), settings=settings)
        return
    builder.note("tables of embeddings lie in the off-chip memory; each row is fetched from there")
    roles: dict[str, Role] = {"table": lambda constants: constants.of(table)}
    name = builder.emit(
        node, "embedding", (node.input[1],), weight=table, settings=settings, roles=roles
    )
    if len(features) == 1 and WHOLE not in settings:
        builder.tables[name] = table


def _whole(builder: Builder, node: NodeProto) -> Settings:
    """The setting of a table of whole numbers, which no framework takes as a parameter."""
    return (WHOLE,) if builder.graph.types.get(node.output[0], 0) in WHOLE_TYPES else ()


def _has_single_ones(builder: Builder, table: str) -> bool:
    """Whether row k of a square table is a one at k among zeros."""
    rows = builder.constants.of(table)
    return bool(np.array_equal(rows, np.eye(len(rows), dtype=rows.dtype)))


def _gather(builder: Builder, node: NodeProto) -> None:
    if builder.constant(node.input[0]):
        _embedding(builder, node)
        return
    if not builder.constant(node.input[1]):
        raise builder.fault(
            node, "indices computed at run time are not supported", "cut the network before it"
        )
    moved("slice", arrays.taken)(builder, node)


def _looks_up_line(builder: Builder, node: NodeProto) -> bool:
    """GatherElements from a constant whose lines along its axis are all the same: a table of single
    numbers. Such are the kinds of tokens that a language model keeps beside their places.
    """
    data = node.input[0]
    if node.op_type != "GatherElements" or not builder.constant(data):
        return False
    table = builder.constants.of(data)
    axis = Attributes(node).integer("axis", 0) % table.ndim
    lines = np.moveaxis(table, axis, -1).reshape(-1, table.shape[axis])
    if not np.array_equal(lines, np.broadcast_to(lines[:1], lines.shape)):
        return False
    builder.note("tables of embeddings lie in the off-chip memory; each row is fetched from there")
    roles: dict[str, Role] = {"table": lambda constants: lines[0]}
    settings = (("entries", lines.shape[1]), *_whole(builder, node))
    builder.emit(node, "embedding", (node.input[1],), weight=data, settings=settings, roles=roles)
    return True


def _points(move: Move) -> Converter:
    """GatherND and GatherElements with constant indices, which say where the batch goes."""

    def convert(builder: Builder, node: NodeProto) -> None:
        if not builder.constant(node.input[1]) and _looks_up_line(builder, node):
            return
        if not builder.constant(node.input[1]):
            raise builder.fault(
                node, "indices computed at run time are not supported", "cut the network before it"
            )
        if builder.graph.batch > 1:
            hint = "export the network with a batch of 1"
            raise builder.fault(node, "may move data between images", hint)
        full = builder.full(node.output[0], node)
        # of one image, any axis of length one can be that of the batch
        axis = 0 if full and full[0] == 1 else None
        _add_move(builder, node, "slice", move, NodeOutput(0, node.output[0], full, axis))

    return convert


CONVERTERS: dict[str, Converter] = {
    "DepthToSpace": moved("transpose", arrays.depth_to_space),
    "SpaceToDepth": moved("transpose", arrays.space_to_depth),
    "Pad": moved("pad", arrays.padded),
    "Slice": moved("slice", arrays.sliced),
    "Split": moved("slice", arrays.split),
    "Gather": _gather,
    "GatherND": _points(arrays.points),
    "GatherElements": _points(arrays.elements),
    "Expand": moved("tile", arrays.broadcast),
    "Tile": moved("tile", arrays.repeated),
}
