"""Values of constant tensors of an ONNX file: stored ones, and those that a few plain operators
make from them.

The file's weights and the parameters of its operators come through here. Nothing else of the file
runs, and no result may be larger than any tensor of a network is.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from hwlib.errors import InputError
from workloads.onnx_builder import attributes
from workloads.onnx_graph import Graph
from workloads.onnx_model import printable

LARGEST = 2**27
"""Elements of a computed constant: one gigabyte of float64."""
_LARGEST_UNKNOWN = 2**12
"""Elements of each input where the size of a result is not known before it is computed."""
LARGEST_FOLDED = 1024
"""Elements of whole numbers that are folded before shapes are known."""
FLOATS = {1: np.float32, 10: np.float16, 11: np.float64}
_TYPES = FLOATS | {
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


class Constants:
    """Reads constants of a graph; each is computed once."""

    def __init__(self, graph: Graph, largest: int = LARGEST):
        self.graph, self.largest = graph, largest
        self._stored = {item.name: item for item in graph.model.graph.initializer} | graph.stored
        self._makers = {name: node for node in graph.nodes for name in node.output if name}
        self._known: dict[str, np.ndarray] = {}

    def of(self, tensor: str) -> np.ndarray:
        """The value of a tensor. Raises InputError where it is not stored in the file in a form
        that can be read.
        """
        try:
            return self._of(tensor)
        except RecursionError:
            what = f"the values of '{printable(tensor)}' are computed in too many steps"
            raise InputError(
                what, where=self.graph.where, hint="export with constant folding"
            ) from None

    def _of(self, tensor: str) -> np.ndarray:
        if tensor not in self._known:
            self._known[tensor] = (
                self._read(tensor) if tensor in self._stored else self._made(tensor)
            )
        return self._known[tensor]

    def _made(self, tensor: str) -> np.ndarray:
        node = self._makers.get(tensor)
        kind = node.op_type if node is not None else ""
        if kind not in _MAKE or node.domain not in ("", "ai.onnx") or tensor != node.output[0]:
            what = f"the values of '{printable(tensor)}' are not stored"
            raise InputError(
                what, where=self.graph.where, got=kind, hint="export with constant folding"
            )
        self._check_size(node, tensor)
        try:
            value = np.asarray(_MAKE[kind](self, node))
        except (
            ValueError,
            TypeError,
            IndexError,
            KeyError,
            ZeroDivisionError,
            OverflowError,
        ) as fault:
            if isinstance(fault, InputError):
                raise
            raise InputError(
                f"'{printable(tensor)}' cannot be computed ({fault})", where=self.graph.place(node)
            ) from None
        if value.size > self.largest:
            raise self._too_large(node, tensor, value.shape)
        return value

    def _check_size(self, node, tensor: str) -> None:
        """Raise InputError where a result may be too large, before it is computed."""
        shape = self.graph.shapes.get(tensor)
        if shape is not None:
            if math.prod(shape) > self.largest:
                raise self._too_large(node, tensor, shape)
        elif node.op_type not in ("Constant", "ConstantOfShape", "Shape", "Size"):
            for name in filter(None, node.input):
                if self.of(name).size > _LARGEST_UNKNOWN:
                    raise self._too_large(node, name, self.of(name).shape)

    def _too_large(self, node, tensor: str, shape: tuple[int, ...]) -> InputError:
        what = f"'{printable(tensor)}' is too large"
        return InputError(
            what, where=self.graph.place(node), got=shape, allowed=f"{self.largest} elements"
        )

    def _read(self, tensor: str) -> np.ndarray:
        return self.read(self._stored[tensor], tensor)

    def read(self, stored, tensor: str) -> np.ndarray:
        """The values of a TensorProto that is called `tensor`. Raises InputError."""
        from onnx import numpy_helper

        if stored.external_data:
            hint = "save the model as one file (onnx.save without external data)"
            raise InputError(
                f"the values of '{printable(tensor)}' are in another file",
                where=self.graph.where,
                hint=hint,
            )
        try:
            return np.asarray(numpy_helper.to_array(stored))
        except (ValueError, TypeError, KeyError) as fault:
            raise InputError(
                f"the values of '{printable(tensor)}' cannot be read ({fault})",
                where=self.graph.where,
            ) from None

    def stored_attribute(self, node, name: str) -> np.ndarray | None:
        """The value of a tensor attribute, None where the node has none."""
        found = [item.t for item in node.attribute if item.name == name and item.HasField("t")]
        return self.read(found[0], f"{node.output[0]}.{name}") if found else None

    def input(self, node, index: int, default: object = None) -> object:
        """The value of an optional input; `default` where it is left out."""
        return (
            self.of(node.input[index]) if len(node.input) > index and node.input[index] else default
        )


def _constant(constants: Constants, node) -> np.ndarray:
    value = constants.stored_attribute(node, "value")
    if value is not None:
        return value
    fields = {item.name: item for item in node.attribute}
    for name, read in (
        ("value_int", lambda a: np.int64(a.i)),
        ("value_ints", lambda a: np.array(a.ints, np.int64)),
        ("value_float", lambda a: np.float32(a.f)),
        ("value_floats", lambda a: np.array(a.floats, np.float32)),
    ):
        if name in fields:
            return read(fields[name])
    raise InputError(
        "the value of this constant cannot be read",
        where=constants.graph.place(node),
        got=sorted(fields),
    )


def _filled(constants: Constants, node) -> np.ndarray:
    shape = tuple(int(size) for size in constants.of(node.input[0]).reshape(-1))
    if math.prod(shape) > constants.largest or min(shape, default=1) < 0:
        allowed = f"{constants.largest} elements"
        raise InputError(
            "the shape is not allowed",
            where=constants.graph.place(node),
            got=shape,
            allowed=allowed,
        )
    value = constants.stored_attribute(node, "value")
    return np.full(shape, np.float32(0.0) if value is None else value.reshape(-1)[0])


def _shape(constants: Constants, node) -> np.ndarray:
    fields = attributes(node)
    return np.array(constants.graph.shape(node.input[0], node), np.int64)[
        fields.get("start", 0) : fields.get("end", None)
    ]


def _slice(constants: Constants, node) -> np.ndarray:
    data = constants.of(node.input[0])
    return data[slices(constants, node, data.ndim)]


def slices(constants: Constants, node, rank: int) -> tuple[slice, ...]:
    """What a Slice takes along each axis, from its attributes (opset 9) or its constant inputs."""
    fields = attributes(node)
    starts, ends = (
        fields.get(name) if name in fields else constants.input(node, index)
        for index, name in ((1, "starts"), (2, "ends"))
    )
    starts, ends = ([int(item) for item in np.reshape(values, -1)] for values in (starts, ends))
    axes = fields["axes"] if "axes" in fields else constants.input(node, 3, np.arange(len(starts)))
    steps = constants.input(node, 4, np.ones(len(starts), np.int64))
    result = [slice(None)] * rank
    for start, end, axis, step in zip(starts, ends, np.reshape(axes, -1), np.reshape(steps, -1)):
        # A negative step runs to before the first element where the end lies below the axis: Python
        # writes that as None.
        result[int(axis)] = slice(start, None if step < 0 and end < -(2**30) else end, int(step))
    return tuple(result)


def axes_of(constants: Constants, node) -> list[int] | None:
    """The axes of a Squeeze, Unsqueeze or reduction: an attribute in older opsets, the second input
    in newer ones.
    """
    fields = attributes(node)
    if "axes" in fields:
        return list(fields["axes"])
    given = constants.input(node, 1)
    return None if given is None else [int(item) for item in np.reshape(given, -1)]


def _integer_division(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    if left.dtype.kind in "iu":  # ONNX rounds towards zero
        return (np.sign(left) * np.sign(right) * (np.abs(left) // np.abs(right))).astype(left.dtype)
    return left / right


def _dequantised(constants: Constants, node) -> np.ndarray:
    codes = constants.of(node.input[0]).astype(np.float32)
    scale = constants.of(node.input[1])
    zero = np.asarray(constants.input(node, 2, 0), np.float32)
    fields = attributes(node)
    if fields.get("block_size", 0):
        raise InputError("blocked quantisation is not supported", where=constants.graph.place(node))
    if scale.size > 1:
        shape = [1] * codes.ndim
        shape[fields.get("axis", 1)] = -1
        scale = scale.reshape(shape)
        zero = zero.reshape(shape) if zero.size > 1 else zero
    return ((codes - zero) * scale).astype(np.float32)


def _two(function: Callable) -> Callable:
    return lambda constants, node: function(
        constants.of(node.input[0]), constants.of(node.input[1])
    )


def fold_whole_numbers(graph: Graph) -> None:
    """Compute small whole numbers that follow from stored ones, which are sizes and axes: onnx's
    inference follows only some operators.

    The nodes become constants. What depends on a shape, or cannot be computed here, stays as it is.
    """
    constants = Constants(graph, LARGEST_FOLDED)
    known = {item.name for item in graph.model.graph.initializer} - set(graph.stored)
    for node in graph.nodes:
        if node.op_type == "Constant" and not node.input:
            known.update(node.output)
        plain = node.op_type in _WHOLE and len(node.output) == 1 and node.domain in ("", "ai.onnx")
        if not plain or not all(name in known or not name for name in node.input):
            continue
        try:
            value = constants.of(node.output[0])
        except InputError:
            continue
        if value.dtype.kind in "iu":
            _become_constant(node, value)
            known.add(node.output[0])


def _become_constant(node, value: np.ndarray) -> None:
    from onnx import helper, numpy_helper

    node.op_type = "Constant"
    del node.input[:], node.attribute[:]
    node.attribute.append(helper.make_attribute("value", numpy_helper.from_array(value)))


def _reshaped(constants: Constants, node) -> np.ndarray:
    data = constants.of(node.input[0])
    shape = constants.graph.shapes.get(node.output[0])
    if shape is None and node.op_type == "Reshape" and not attributes(node).get("allowzero", 0):
        wanted = constants.of(node.input[1]).reshape(-1)
        shape = [int(data.shape[place] if size == 0 else size) for place, size in enumerate(wanted)]
    elif shape is None and node.op_type == "Unsqueeze":
        return np.expand_dims(data, tuple(axes_of(constants, node) or ()))
    elif shape is None and node.op_type == "Squeeze":
        axes = axes_of(constants, node)
        return np.squeeze(data, None if axes is None else tuple(axes))
    return data.reshape(constants.graph.shape(node.output[0], node) if shape is None else shape)


def _cast(constants: Constants, node) -> np.ndarray:
    kind = attributes(node)["to"]
    if kind not in _TYPES:
        raise InputError(
            "a cast to this type is not supported", where=constants.graph.place(node), got=kind
        )
    return constants.of(node.input[0]).astype(_TYPES[kind])


def _same(constants: Constants, node) -> np.ndarray:
    return constants.of(node.input[0])


_MAKE: dict[str, Callable[[Constants, object], object]] = {
    "Constant": _constant,
    "ConstantOfShape": _filled,
    "Shape": _shape,
    "Slice": _slice,
    "DequantizeLinear": _dequantised,
    "Identity": _same,
    "Dropout": _same,
    **dict.fromkeys(("Reshape", "Squeeze", "Unsqueeze", "Flatten"), _reshaped),
    "Size": lambda c, node: np.int64(math.prod(c.graph.shape(node.input[0], node))),
    "Cast": _cast,
    "Transpose": lambda c, node: np.transpose(c.of(node.input[0]), attributes(node).get("perm")),
    "Gather": lambda c, node: np.take(
        c.of(node.input[0]), c.of(node.input[1]), axis=attributes(node).get("axis", 0)
    ),
    "Concat": lambda c, node: np.concatenate(
        [c.of(name) for name in node.input], axis=attributes(node)["axis"]
    ),
    "Add": _two(np.add),
    "Sub": _two(np.subtract),
    "Mul": _two(np.multiply),
    "Div": _two(_integer_division),
    "Mod": _two(np.mod),
    "Pow": _two(np.power),
    "Equal": _two(np.equal),
    "Neg": lambda c, node: -c.of(node.input[0]),
    "Sqrt": lambda c, node: np.sqrt(c.of(node.input[0])),
    "Where": lambda c, node: np.where(*(c.of(name) for name in node.input)),
}
"""How a constant is made from others, by operator."""
_WHOLE = set(_MAKE) - {
    "Constant",
    "Shape",
    "Size",
    "Identity",
    "Dropout",
    "DequantizeLinear",
    "Flatten",
}
"""Operators that may stand between stored whole numbers and a size."""
