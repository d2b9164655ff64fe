"""Which plain operators may make a constant of others, and how: masks, positions and sizes that
exporters leave in the graph.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from archsim.operators.elementwise import logistic
from hwlib.errors import InputError
from workloads.onnx import arithmetic as plain
from workloads.onnx.arithmetic import Array, Maker, two
from workloads.onnx.moved_arrays import elements, points, split
from workloads.onnx.node import Attributes

if TYPE_CHECKING:
    from onnx import NodeProto

    # It calls the makers of this file, which take from it what they make from.
    from workloads.onnx.constants import Constants


def _range(constants: Constants, node: NodeProto) -> Array:
    start, limit, step = (constants.of(name).reshape(()) for name in node.input)
    if step == 0 or abs(float(limit - start)) > constants.largest * abs(float(step)):
        allowed = f"{constants.largest} elements"
        where = constants.graph.position(node)
        raise InputError(
            "the range is not allowed", where=where, got=[start, limit, step], allowed=allowed
        )
    return np.arange(start.item(), limit.item(), step.item(), dtype=start.dtype)


def _triangle(constants: Constants, node: NodeProto) -> Array:
    data = constants.of(node.input[0])
    given = constants.input(node, 1)
    first = 0 if given is None else int(given.reshape(()))
    upper = Attributes(node).flag("upper", True)
    return np.triu(data, first) if upper else np.tril(data, first)


def _limited(constants: Constants, shape: tuple[int, ...], node: NodeProto) -> tuple[int, ...]:
    """A shape that a node would give. Raises InputError where it is too large to be computed."""
    if math.prod(shape) > constants.largest:
        allowed = f"{constants.largest} elements"
        where = constants.graph.position(node)
        raise InputError("the result is too large", where=where, got=shape, allowed=allowed)
    return shape


def _expanded(constants: Constants, node: NodeProto) -> Array:
    data = constants.of(node.input[0])
    wanted = tuple(int(size) for size in constants.of(node.input[1]).reshape(-1))
    return np.broadcast_to(data, _limited(constants, np.broadcast_shapes(data.shape, wanted), node))


def _tiled(constants: Constants, node: NodeProto) -> Array:
    data = constants.of(node.input[0])
    times = [int(item) for item in constants.of(node.input[1]).reshape(-1)]
    _limited(constants, tuple(size * count for size, count in zip(data.shape, times)), node)
    return np.tile(data, times)


def _running_sum(constants: Constants, node: NodeProto) -> Array:
    fields = Attributes(node)
    axis = int(constants.of(node.input[1]).reshape(()))
    data = constants.of(node.input[0])
    data = np.flip(data, axis) if fields.flag("reverse") else data
    total = np.cumsum(data, axis, dtype=data.dtype)
    # Exclusive: the sum before each element.
    total = total - data if fields.flag("exclusive") else total
    return np.flip(total, axis) if fields.flag("reverse") else total


def _scattered_points(constants: Constants, node: NodeProto) -> Array:
    if Attributes(node).text("reduction", "none") != "none":
        raise InputError("a reduction is not supported", where=constants.graph.position(node))
    data = constants.of(node.input[0]).copy()
    data[tuple(np.moveaxis(constants.of(node.input[1]), -1, 0))] = constants.of(node.input[2])
    return data


def _of_data(move: Callable[[Constants, NodeProto, Array, int], Array]) -> Maker:
    """A maker from what an operator makes of its first input."""
    return lambda constants, node: move(constants, node, constants.of(node.input[0]), 0)


def _reduced(function: str) -> Maker:
    def make(constants: Constants, node: NodeProto) -> Array:
        data = constants.of(node.input[0])
        axes = plain.axes_of(constants, node)
        keep = Attributes(node).flag("keepdims", True)
        # ONNX's empty list means all axes, or none with this word.
        if not axes and Attributes(node).flag("noop_with_empty_axes"):
            return data
        over = tuple(axes) if axes else None
        return np.asarray(getattr(np, function)(data, axis=over, keepdims=keep))

    return make


def _one(function: str) -> Maker:
    """A maker of one input by a function of NumPy."""
    return lambda constants, node: np.asarray(getattr(np, function)(constants.of(node.input[0])))


def _folded(function: str) -> Maker:
    """A maker of any number of inputs by a function of two."""

    def make(constants: Constants, node: NodeProto) -> Array:
        result = constants.of(node.input[0])
        for name in node.input[1:]:
            result = getattr(np, function)(result, constants.of(name))
        return result

    return make


def split_part(number: int) -> Maker:
    """The maker of one output of a Split."""
    return lambda constants, node: split(constants, node, constants.of(node.input[0]), number)


def _gemm(constants: Constants, node: NodeProto) -> Array:
    fields = Attributes(node)
    left, right = (constants.of(name) for name in node.input[:2])
    left = left.T if fields.flag("transA") else left
    right = right.T if fields.flag("transB") else right
    product = np.asarray(left @ right * fields.number("alpha", 1.0), left.dtype)
    added = constants.input(node, 2)
    if added is None:
        return product
    return np.asarray(product + added * fields.number("beta", 1.0), left.dtype)


MAKERS: dict[str, Maker] = {
    "Constant": plain.constant,
    "ConstantOfShape": plain.filled,
    "Shape": plain.shape,
    "Slice": plain.sliced,
    "DequantizeLinear": plain.dequantised,
    "Identity": plain.same,
    "Dropout": plain.same,
    **dict.fromkeys(("Reshape", "Squeeze", "Unsqueeze", "Flatten"), plain.reshaped),
    "Size": lambda constants, node: np.asarray(
        math.prod(constants.graph.shape(node.input[0], node)), np.int64
    ),
    "Cast": plain.cast,
    "Transpose": plain.transposed,
    "Gather": plain.gathered,
    "Concat": plain.joined,
    "Add": two(np.add),
    "Sub": two(np.subtract),
    "Mul": two(np.multiply),
    "Div": two(plain.integer_division),
    "Mod": two(np.mod),
    "Pow": two(np.power),
    "Equal": two(np.equal),
    "Neg": lambda constants, node: -constants.of(node.input[0]),
    "Sqrt": lambda constants, node: np.asarray(np.sqrt(constants.of(node.input[0]))),
    "Where": plain.chosen,
    "Range": _range,
    "Trilu": _triangle,
    "Expand": _expanded,
    "Tile": _tiled,
    "CumSum": _running_sum,
    "GatherND": _of_data(points),
    "GatherElements": _of_data(elements),
    "ScatterND": _scattered_points,
    "ReduceSum": _reduced("sum"),
    "ReduceProd": _reduced("prod"),
    "ReduceMax": _reduced("max"),
    "ReduceMin": _reduced("min"),
    "Min": _folded("minimum"),
    "Max": _folded("maximum"),
    "Greater": two(np.greater),
    "GreaterOrEqual": two(np.greater_equal),
    "Less": two(np.less),
    "LessOrEqual": two(np.less_equal),
    "And": two(np.logical_and),
    "Or": two(np.logical_or),
    "Not": _one("logical_not"),
    "Abs": _one("abs"),
    "Sign": _one("sign"),
    "Floor": _one("floor"),
    "Ceil": _one("ceil"),
    "Exp": _one("exp"),
    "Log": _one("log"),
    "Sin": _one("sin"),
    "Cos": _one("cos"),
    "Gemm": _gemm,
    "MatMul": two(np.matmul),
    "Sigmoid": lambda constants, node: logistic(constants.of(node.input[0])),
    "Tanh": _one("tanh"),
    "Reciprocal": lambda constants, node: np.reciprocal(constants.of(node.input[0])),
}
"""How a constant is made from others, by operator."""
WHOLE = set(MAKERS) - {
    "Constant",
    "Shape",
    "Size",
    "Dropout",
    "DequantizeLinear",
    "Flatten",
    "Gemm",
    "MatMul",
}
"""Operators that may stand between stored whole numbers and a size."""
