"""The operators of a network file: which fields each has, and the layer that a table with known
input shapes describes.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping

from archsim.readers.table import Table, check_size, require_count
from hwlib.errors import InputError, nearest, unknown
from workloads.network import OPERATORS, Layer
from workloads.shapes import (
    Shape,
    broadcast,
    concatenate,
    matmul,
    need_rank,
    reshape,
    same_padding,
    shape_text,
    window,
)

_WINDOW = ("kernel", "stride", "padding", "dilation")
FIELDS: dict[str, tuple[str, ...]] = {operator: () for operator in OPERATORS} | {
    "conv2d": ("channels", *_WINDOW, "groups", "bias", "shares"),
    "linear": ("features", "bias", "shares", "transposed"),
    "lstm": ("hidden", "bias", "shares"),
    "max_pool": _WINDOW,
    "average_pool": (*_WINDOW, "count_include_pad"),
    "local_response_norm": ("size",),
    "concat": ("axis",),
    "reshape": ("shape",),
    "transpose": ("axes",),
    "pad": ("padding",),
    "slice": ("axis", "start", "stop"),
    "input": ("shape",),
    "leaky_relu": ("alpha",),
    "clip": ("low", "high"),
    "softmax": ("axis",),
}
"""Fields of each operator besides name, operator and inputs."""
_SEVERAL = ("add", "multiply", "concat")
LARGEST_WORK = 2**45
"""Multiply-accumulates of a layer; published 4K networks and language models have up to 2^44."""
_IMAGE = "(channels, height, width)"


def infer_layer(
    table: Table, operator: str, inputs: tuple[str, ...], shapes: tuple[Shape, ...]
) -> Layer:
    """The layer of one table. `shapes` are the output shapes of `inputs`. Raises InputError with
    the field path.
    """
    where, name = table.where, table.text("name")
    wanted = 0 if operator == "input" else 2 if operator == "matmul" else 1
    if operator not in _SEVERAL and len(inputs) != wanted:
        raise InputError(f"{operator} takes {wanted} inputs", where=f"{where}.inputs", got=inputs)
    if operator not in _BUILDERS:
        raise unknown("operator", operator, OPERATORS, f"{where}.operator")
    output, extra = _BUILDERS[operator](table, shapes)
    check_size(output, where, "output shape")
    layer = Layer(name, operator, inputs, shapes, output, **extra)
    check_work(layer, where)
    return layer


def share_weights(layer: Layer, table: Table, layers: Mapping[str, Layer]) -> Layer:
    """The layer as it reads the matrix of another that its table names in `shares`. Raises
    InputError where that does not fit.
    """
    if "shares" not in table.values:
        if table.values.get("transposed"):
            raise InputError(
                "only a matrix of another layer is read transposed",
                where=f"{table.where}.transposed",
                got=True,
                hint="name that layer in 'shares'",
            )
        return layer
    where, name = f"{table.where}.shares", table.text("shares")
    owners = {item.name: item for item in layers.values() if item.on_array and not item.shares}
    if name not in owners:
        raise InputError(
            "an earlier layer with weights of its own is needed",
            where=where,
            got=name,
            allowed=sorted(owners) or "none yet",
            hint=nearest(name, owners),
        )
    transposed = table.flag("transposed")
    own, other = layer.matrix, owners[name].matrix
    wanted = (other.columns, other.rows) if transposed else (other.rows, other.columns)
    if (own.rows, own.columns, own.groups) != (*wanted, other.groups) or (
        layer.operator == "lstm"
    ) != (owners[name].operator == "lstm"):
        raise InputError(
            "the matrices do not fit",
            where=where,
            got=f"{own.groups} of {own.rows} x {own.columns}",
            allowed=f"{other.groups} of {wanted[0]} x {wanted[1]}, as '{name}' has it",
        )
    if layer.bias and (transposed or not owners[name].bias):
        raise InputError(
            "the bias is on the array with the shared weights",
            where=f"{table.where}.bias",
            got=True,
            hint=f"'{name}' needs the bias too, and no transposed reading has one; an add layer behind it does the same",
        )
    return dataclasses.replace(layer, shares=name, transposed=transposed)


def check_work(layer: Layer, where: str) -> None:
    """Raise InputError where a layer has more than 2^45 multiply-accumulates on arrays."""
    work = layer.matrix.multiply_accumulates if layer.on_array else 0
    if work > LARGEST_WORK:
        raise InputError(
            "the layer has too many multiply-accumulates",
            where=where,
            got=work,
            allowed="at most 2^45",
        )


def _conv2d(table: Table, shapes: tuple[Shape, ...]) -> tuple[Shape, dict]:
    shape = shapes[0]
    need_rank(shape, 3, table.where, _IMAGE, "put a reshape layer before it")
    channels = table.integer("channels")
    groups = table.integer("groups", 1)
    if shape[0] % groups or channels % groups:
        raise InputError(
            "must divide the input and output channels",
            where=f"{table.where}.groups",
            got=groups,
            allowed=f"divisors of {shape[0]} and {channels}",
        )
    size, fields = _window(table, shape, (1, 1))
    return (channels, *size), fields | {"groups": groups, "bias": table.flag("bias")}


def _pool(table: Table, shapes: tuple[Shape, ...]) -> tuple[Shape, dict]:
    need_rank(shapes[0], 3, table.where, _IMAGE)
    size, fields = _window(table, shapes[0], table.pair("kernel"))
    kernel = table.pair("kernel")
    dilation = fields["dilation"]
    padding = fields["padding"]
    for axis, name in enumerate(("height", "width")):
        reach = dilation[axis] * (kernel[axis] - 1) + 1
        if max(padding[axis], padding[axis + 2]) >= reach:
            raise InputError(
                f"a window would lie in the padding alone, as its {name} is {reach}",
                where=f"{table.where}.padding",
                got=padding,
                allowed=f"less than {reach}",
            )
    if "count_include_pad" in table.values:
        fields["settings"] = (("count_include_pad", table.flag("count_include_pad")),)
    return (shapes[0][0], *size), fields


def _window(table: Table, shape: Shape, stride: tuple[int, int]) -> tuple[tuple[int, int], dict]:
    """Output size and window fields; `stride` is the default stride."""
    kernel = table.pair("kernel")
    dilation = table.pair("dilation", (1, 1))
    stride = table.pair("stride", stride)
    padding = _padding(table, shape, kernel, stride, dilation)
    size = window(shape, kernel, stride, padding, dilation, table.where)
    return size, {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}


def _padding(table: Table, shape: Shape, kernel, stride, dilation) -> tuple[int, int, int, int]:
    value = table.values.get("padding", 0)
    if value == "valid":
        return 0, 0, 0, 0
    if value == "same":
        return same_padding(shape, kernel, stride, dilation)
    if isinstance(value, str):
        allowed = "same, valid, a number, [vertical, horizontal], [top, left, bottom, right]"
        raise InputError(
            "unknown padding", where=f"{table.where}.padding", got=value, allowed=allowed
        )
    return _four(table)


def _four(table: Table) -> tuple[int, int, int, int]:
    """Padding written as one number, as [vertical, horizontal] or as [top, left, bottom, right]."""
    value = table.values.get("padding", 0)
    if not isinstance(value, (list, tuple)):
        number = require_count(value, f"{table.where}.padding", 0)
        return number, number, number, number
    numbers = table.integers("padding", lowest=0)
    if len(numbers) not in (2, 4):
        raise InputError(
            "needs one, two or four numbers", where=f"{table.where}.padding", got=value
        )
    return (*numbers, *numbers) if len(numbers) == 2 else numbers


def _linear(table: Table, shapes: tuple[Shape, ...]) -> tuple[Shape, dict]:
    shape = shapes[0]
    if len(shape) > 2:
        raise InputError(
            "needs an input of one axis, or (time steps, features)",
            where=table.where,
            got=shape_text(shape),
            hint="put a flatten layer before it",
        )
    return (*shape[:-1], table.integer("features")), {"bias": table.flag("bias")}


def _lstm(table: Table, shapes: tuple[Shape, ...]) -> tuple[Shape, dict]:
    need_rank(shapes[0], 2, table.where, "(time steps, features)")
    hidden = table.integer("hidden")
    return (shapes[0][0], hidden), {"hidden": hidden, "bias": table.flag("bias")}


def _global_pool(table: Table, shapes: tuple[Shape, ...]) -> tuple[Shape, dict]:
    need_rank(shapes[0], 3, table.where, _IMAGE)
    return (shapes[0][0], 1, 1), {"kernel": shapes[0][1:]}


def _response_norm(table: Table, shapes: tuple[Shape, ...]) -> tuple[Shape, dict]:
    need_rank(shapes[0], 3, table.where, _IMAGE)
    return shapes[0], {"kernel": (table.integer("size", 5), 1)}


def _slice(table: Table, shapes: tuple[Shape, ...]) -> tuple[Shape, dict]:
    shape = shapes[0]
    axis = table.integer("axis", 0, lowest=0)
    if axis >= len(shape):
        raise InputError(
            "there is no such axis",
            where=f"{table.where}.axis",
            got=axis,
            allowed=f"0 to {len(shape) - 1}",
        )
    start = table.integer("start", 0, lowest=0)
    stop = table.integer("stop", shape[axis])
    if not start < stop <= shape[axis]:
        raise InputError(
            "is outside the input",
            where=f"{table.where}.stop",
            got=(start, stop),
            allowed=f"start < stop <= {shape[axis]}",
        )
    settings = (("axis", axis), ("start", start), ("stop", stop))
    return (*shape[:axis], stop - start, *shape[axis + 1 :]), {"settings": settings}


def _transpose(table: Table, shapes: tuple[Shape, ...]) -> tuple[Shape, dict]:
    rank = len(shapes[0])
    axes = table.integers("axes", tuple(range(rank))[::-1], lowest=0)
    if sorted(axes) != list(range(rank)):
        raise InputError(
            "must name every axis once",
            where=f"{table.where}.axes",
            got=axes,
            allowed=f"an order of 0 to {rank - 1}",
        )
    return tuple(shapes[0][axis] for axis in axes), {"settings": (("axes", axes),)}


def _concat(table: Table, shapes: tuple[Shape, ...]) -> tuple[Shape, dict]:
    axis = table.integer("axis", 0, lowest=0)
    return concatenate(shapes, axis, table.where), {"settings": (("axis", axis),)} if axis else {}


def _softmax(table: Table, shapes: tuple[Shape, ...]) -> tuple[Shape, dict]:
    if "axis" not in table.values:
        return shapes[0], {}
    axis = table.integer("axis", lowest=0)
    if axis >= len(shapes[0]):
        raise InputError(
            "there is no such axis",
            where=f"{table.where}.axis",
            got=axis,
            allowed=f"0 to {len(shapes[0]) - 1}",
        )
    return shapes[0], {"settings": (("axes", (axis,)),)}


def _with_numbers(*names: str):
    """An element-wise operator with numbers as settings; those that the table leaves out keep their
    defaults.
    """

    def build(table: Table, shapes: tuple[Shape, ...]) -> tuple[Shape, dict]:
        low, high = (
            table.number(name) if name in table.values else default
            for name, default in (("low", 0.0), ("high", 6.0))
        )
        if "high" in names and not low < high:
            raise InputError(
                "the bounds leave no values",
                where=f"{table.where}.low",
                got=f"{low:g} to {high:g}",
                allowed="low < high",
            )
        return shapes[0], {
            "settings": tuple((name, table.number(name)) for name in names if name in table.values)
        }

    return build


def _pad(table: Table, shapes: tuple[Shape, ...]) -> tuple[Shape, dict]:
    need_rank(shapes[0], 3, table.where, _IMAGE)
    if "padding" not in table.values:
        raise InputError("field 'padding' is missing", where=table.where)
    top, left, bottom, right = _four(table)
    channels, height, width = shapes[0]
    return (channels, height + top + bottom, width + left + right), {
        "padding": (top, left, bottom, right)
    }


# Operators that give each element's place back: no shape changes. One that is neither here nor
# below is an error.
_SAME_SHAPE = ("relu", "tanh", "sigmoid", "batch_norm", "dropout", "identity")
_BUILDERS = dict.fromkeys(_SAME_SHAPE, lambda table, shapes: (shapes[0], {})) | {
    "conv2d": _conv2d,
    "linear": _linear,
    "lstm": _lstm,
    "max_pool": _pool,
    "average_pool": _pool,
    "global_average_pool": _global_pool,
    "global_max_pool": _global_pool,
    "local_response_norm": _response_norm,
    "slice": _slice,
    "transpose": _transpose,
    "pad": _pad,
    "input": lambda table, shapes: (table.integers("shape"), {}),
    "add": lambda table, shapes: (broadcast(shapes, table.where), {}),
    "multiply": lambda table, shapes: (broadcast(shapes, table.where), {}),
    "concat": _concat,
    "softmax": _softmax,
    "leaky_relu": _with_numbers("alpha"),
    "clip": _with_numbers("low", "high"),
    "matmul": lambda table, shapes: (matmul(shapes[0], shapes[1], table.where), {}),
    "flatten": lambda table, shapes: ((math.prod(shapes[0]),), {}),
    "reshape": lambda table, shapes: (
        reshape(shapes[0], table.integers("shape", lowest=-1), table.where),
        {},
    ),
}
