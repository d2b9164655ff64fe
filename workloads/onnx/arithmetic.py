"""How constants of an ONNX file are made from stored ones: plain operators, one function each."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from archsim.operators.free.short_float import to_bfloat16
from hwlib.errors import InputError
from workloads.onnx.node import Attributes

if TYPE_CHECKING:
    from onnx import NodeProto

    # It calls the makers of this file, which take from it what they make from.
    from workloads.onnx.constants import Constants

Array = npt.NDArray[Any]
Maker = Callable[["Constants", "NodeProto"], Array]
"""Makes the first output of a node from its constant inputs."""

FLOATS: dict[int, type[np.generic]] = {1: np.float32, 11: np.float64}
SHORT_FLOATS = {10: "float16", 16: "bfloat16"}
"""Names of the floats of 16 bits by ONNX's number."""
BFLOAT16 = 16
_TYPES = FLOATS | {
    10: np.float16,
    2: np.uint8,
    3: np.int8,
    4: np.uint16,
    5: np.int16,
    6: np.int32,
    7: np.int64,
    9: np.bool_,
    12: np.uint32,
    13: np.uint64,
}
"""NumPy types by ONNX's number."""
WHOLE_TYPES = tuple(kind for kind, held in _TYPES.items() if np.dtype(held).kind in "iub")
"""ONNX's numbers of the types of whole numbers and of masks."""


def constant(constants: Constants, node: NodeProto) -> Array:
    value = constants.stored_attribute(node, "value")
    if value is not None:
        return value
    fields = {item.name: item for item in node.attribute}
    if "value_int" in fields:
        return np.asarray(np.int64(fields["value_int"].i))
    if "value_ints" in fields:
        return np.array(fields["value_ints"].ints, np.int64)
    if "value_float" in fields:
        return np.asarray(np.float32(fields["value_float"].f))
    if "value_floats" in fields:
        return np.array(fields["value_floats"].floats, np.float32)
    raise InputError(
        "the value of this constant cannot be read",
        where=constants.graph.position(node),
        got=sorted(fields),
    )


def filled(constants: Constants, node: NodeProto) -> Array:
    shape = tuple(int(size) for size in constants.of(node.input[0]).reshape(-1))
    # The shape is data of the file: eight bytes may ask for any memory.
    if math.prod(shape) > constants.largest or min(shape, default=1) < 0:
        allowed = f"{constants.largest} elements"
        raise InputError(
            "the shape is not allowed",
            where=constants.graph.position(node),
            got=shape,
            allowed=allowed,
        )
    value = constants.stored_attribute(node, "value")
    return np.full(shape, np.float32(0.0) if value is None else value.reshape(-1)[0])


def shape(constants: Constants, node: NodeProto) -> Array:
    fields = Attributes(node)
    shape = constants.graph.shape(node.input[0], node)
    start, end = fields.integer("start", 0), fields.integer("end", len(shape))
    # ONNX cuts ends that lie outside, and counts negative ones from the end: as Python does.
    return np.array(shape, np.int64)[start:end]


def sliced(constants: Constants, node: NodeProto) -> Array:
    data = constants.of(node.input[0])
    return data[slices(constants, node, data.ndim)]


def slices(constants: Constants, node: NodeProto, rank: int) -> tuple[slice, ...]:
    """What a Slice takes along each axis, from its attributes (opset 9) or its constant inputs."""
    starts = _integers(constants, node, "starts", 1)
    ends = _integers(constants, node, "ends", 2)
    axes = _integers(constants, node, "axes", 3, range(len(starts)))
    steps = _integers(constants, node, "", 4, [1] * len(starts))
    result = [slice(None)] * rank
    for start, end, axis, step in zip(starts, ends, axes, steps):
        # A negative step runs to before the first element where the end lies below the axis: Python
        # writes that as None.
        # Ends of -2^31 or -2^63 are how exporters write that.
        result[axis] = slice(start, None if step < 0 and end < -(2**30) else end, step)
    return tuple(result)


def _integers(
    constants: Constants,
    node: NodeProto,
    attribute: str,
    index: int,
    default: Sequence[int] | None = None,
) -> list[int]:
    """Whole numbers of an attribute, or else of a constant input."""
    fields = Attributes(node)
    if attribute in fields:
        return fields.integers(attribute)
    given = constants.input(node, index)
    if given is not None:
        return [int(item) for item in given.reshape(-1)]
    if default is None:
        raise TypeError(f"neither attribute nor input says '{attribute}'")
    return list(default)


def axes_of(constants: Constants, node: NodeProto) -> list[int] | None:
    """The axes of a Squeeze, Unsqueeze or reduction: an attribute in older opsets, the second input
    in newer ones.
    """
    fields = Attributes(node)
    if "axes" in fields:
        return fields.integers("axes")
    given = constants.input(node, 1)
    return None if given is None else [int(item) for item in given.reshape(-1)]


def integer_division(left: Array, right: Array) -> Array:
    if left.dtype.kind in "iu":  # ONNX rounds towards zero
        towards_zero = np.sign(left) * np.sign(right) * (np.abs(left) // np.abs(right))
        return np.asarray(towards_zero.astype(left.dtype))
    return np.asarray(left / right)


def dequantised(constants: Constants, node: NodeProto) -> Array:
    codes = constants.of(node.input[0]).astype(np.float32)
    scale = constants.of(node.input[1])
    given = constants.input(node, 2)
    zero = np.asarray(0 if given is None else given, np.float32)
    fields = Attributes(node)
    block = fields.integer("block_size", 0)
    if block > 0:  # one scale for so many neighbours along the axis
        axis = fields.integer("axis", 1)
        indices = range(codes.shape[axis])
        scale = np.repeat(scale, block, axis).take(indices, axis)
        # The last block may be shorter than the others.
        zero = np.repeat(zero, block, axis).take(indices, axis) if zero.size > 1 else zero
    elif scale.size > 1:
        shape = [1] * codes.ndim
        shape[fields.integer("axis", 1)] = -1
        scale = scale.reshape(shape)
        zero = zero.reshape(shape) if zero.size > 1 else zero
    return np.asarray((codes - zero) * scale, scale.dtype)


def two(function: Callable[[Array, Array], Array]) -> Maker:
    """A maker of two inputs from a function of two arrays."""
    return lambda constants, node: function(
        constants.of(node.input[0]), constants.of(node.input[1])
    )


def reshaped(constants: Constants, node: NodeProto) -> Array:
    data = constants.of(node.input[0])
    shape = constants.graph.shapes.get(node.output[0])
    if shape is None and node.op_type == "Reshape" and not Attributes(node).flag("allowzero"):
        wanted = constants.of(node.input[1]).reshape(-1)
        # ONNX's 0 keeps the length that the axis has
        shape = tuple(
            int(data.shape[axis] if size == 0 else size) for axis, size in enumerate(wanted)
        )
    elif shape is None and node.op_type == "Unsqueeze":
        return np.expand_dims(data, tuple(axes_of(constants, node) or ()))
    elif shape is None and node.op_type == "Squeeze":
        axes = axes_of(constants, node)
        return np.squeeze(data, None if axes is None else tuple(axes))
    return data.reshape(constants.graph.shape(node.output[0], node) if shape is None else shape)


def cast(constants: Constants, node: NodeProto) -> Array:
    kind = Attributes(node).integer("to")
    if kind == BFLOAT16:  # NumPy has none: its numbers are kept as float32
        return to_bfloat16(np.asarray(constants.of(node.input[0]), np.float32))
    if kind not in _TYPES:
        raise InputError(
            "a cast to this type is not supported", where=constants.graph.position(node), got=kind
        )
    return constants.of(node.input[0]).astype(_TYPES[kind])


def same(constants: Constants, node: NodeProto) -> Array:
    return constants.of(node.input[0])


def transposed(constants: Constants, node: NodeProto) -> Array:
    data = constants.of(node.input[0])
    # Without `perm` ONNX turns the order of all axes around.
    return np.transpose(data, Attributes(node).integers("perm", range(data.ndim)[::-1]))


def gathered(constants: Constants, node: NodeProto) -> Array:
    data = constants.of(node.input[0])
    indices = constants.of(node.input[1])
    return np.take(data, indices, axis=Attributes(node).integer("axis", 0))


def joined(constants: Constants, node: NodeProto) -> Array:
    return np.concatenate(
        [constants.of(name) for name in node.input], axis=Attributes(node).integer("axis")
    )


def chosen(constants: Constants, node: NodeProto) -> Array:
    condition, yes, no = (constants.of(name) for name in node.input)
    return np.where(condition, yes, no)
