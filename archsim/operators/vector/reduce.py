"""One number of all along some axes: sums, products, smallest values, lengths of vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from archsim.operators.arguments import Tensors, Work, axes_of, merge
from archsim.operators.base import AXES_OWN, Operator, operator
from archsim.operators.numbers import np
from archsim.operators.sizes import Output
from hwlib.errors import InputError

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table
    from workloads.network import Layer


class Reduction(NamedTuple):
    """One kind of reduction.

    Args:
        onnx: its name in ONNX.
        of: (x, axes) with the axes kept: its result.
        each: what it asks of a lane for each input.
        last: what it asks for each result.
    """

    onnx: str
    of: Callable[[Any, tuple[int, ...]], Any]
    each: Work
    last: Work = {}


def _length(x: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    return np.sqrt((x * x).sum(axis=axes, keepdims=True))


def _log_sum_exp(x: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    top = x.max(axis=axes, keepdims=True)
    return np.log(np.exp(x - top).sum(axis=axes, keepdims=True)) + top


KINDS = {
    "sum": Reduction("ReduceSum", lambda x, axes: x.sum(axis=axes, keepdims=True), {"add": 1}),
    "smallest": Reduction(
        "ReduceMin", lambda x, axes: x.min(axis=axes, keepdims=True), {"compare": 1}
    ),
    "product": Reduction(
        "ReduceProd", lambda x, axes: x.prod(axis=axes, keepdims=True), {"multiply": 1}
    ),
    "sum_of_magnitudes": Reduction(
        "ReduceL1", lambda x, axes: abs(x).sum(axis=axes, keepdims=True), {"add": 1}
    ),
    "sum_of_squares": Reduction(
        "ReduceSumSquare",
        lambda x, axes: (x * x).sum(axis=axes, keepdims=True),
        {"multiply_add": 1},
    ),
    # the root by table
    "length": Reduction("ReduceL2", _length, {"multiply_add": 1}, {"lookup": 1}),
    # maximum, difference, exponential and sum; the logarithm by table
    "log_sum_exp": Reduction(
        "ReduceLogSumExp",
        _log_sum_exp,
        {"compare": 1, "add": 2, "lookup": 1},
        {"lookup": 1, "add": 1},
    ),
}
ONNX_KINDS = {item.onnx: name for name, item in KINDS.items()}


@operator("reduce", onnx={kind: AXES_OWN for kind in ONNX_KINDS})
class Reduce(Operator):
    """The axes stay with the length 1."""

    fields = ("kind", "axes")
    meanings = {"kind": f"of `reduce`: {', '.join(KINDS)}"}

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        shape = shapes[0]
        kind = table.word("kind", "sum", KINDS, "kind of reduction")
        axes = table.integers("axes", (len(shape) - 1,), lowest=0)
        if max(axes) >= len(shape):
            raise InputError(
                "there is no such axis",
                where=f"{table.where}.axes",
                got=axes,
                allowed=f"0 to {len(shape) - 1}",
            )
        sizes = tuple(1 if axis in axes else size for axis, size in enumerate(shape))
        return Output(sizes, {"settings": (("kind", kind), ("axes", axes))})

    def forward_work(self, layer: Layer) -> Work:
        kind = KINDS[str(layer.setting("kind", "sum"))]
        each = merge(kind.each, scale=layer.input_elements)
        return merge(each, merge(kind.last, scale=layer.output_elements))

    def backward_work(self, layer: Layer) -> Work:
        # the error of a result times the slope of each of its inputs
        return {"multiply": layer.input_elements}

    def forward(self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors) -> np.ndarray:
        x = inputs[0]
        kind = KINDS[str(layer.setting("kind", "sum"))]
        return kind.of(x, axes_of(layer, (x.ndim - 1,))).reshape(layer.output_shape)
