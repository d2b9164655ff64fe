"""One number of all along some axes: sums, products, smallest values, lengths of vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from archsim.operators.arguments import Tensors, Work, axes_of, merge
from archsim.operators.base import AXES_OWN, Operator, operator
from archsim.operators.elementary import exponential, logarithm
from archsim.operators.kernels import LayerKernel, TrainingRow
from archsim.operators.numbers import np
from archsim.operators.reduced import PRODUCT, SMALLEST, as_it_is, reduction
from archsim.operators.sizes import Output
from archsim.operators.strides import joined_numbers
from hwlib.errors import InputError

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table
    from workloads.network import Layer


def one(x, y):
    return np.float32(1.0)


def direction(x, y):
    return np.sign(x)


def square(x):
    return x * x


def twice(x, y):
    return np.float32(2.0) * x


def root(total):
    return np.sqrt(total)


def share(x, y):
    return x / y if y > np.float32(0.0) else np.float32(0.0)


def magnitude(x):
    return abs(x)


def power_of_e(x):
    return exponential(x)


def weight(x, y):
    return exponential(x - y)


def log(total):
    return logarithm(total)


class Reduction(NamedTuple):
    """One kind of reduction.

    Args:
        onnx: its name in ONNX.
        of: (x, axes) with the axes kept: its result.
        each: what it asks of a lane for each input.
        last: what it asks for each result.
        kernel: how it trains.
        kept: numbers a result that its way back needs.
        back: what the way back asks for each input: the error of its result times the slope.
    """

    onnx: str
    of: Callable[[Any, tuple[int, ...]], Any]
    each: Work
    last: Work = {}
    kernel: LayerKernel | None = None
    kept: int = 0
    back: Work = {"multiply": 1}


def _length(x: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    return np.sqrt((x * x).sum(axis=axes, keepdims=True))


def _log_sum_exp(x: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    top = x.max(axis=axes, keepdims=True)
    return np.log(np.exp(x - top).sum(axis=axes, keepdims=True)) + top


KINDS = {
    "sum": Reduction(
        "ReduceSum",
        lambda x, axes: x.sum(axis=axes, keepdims=True),
        {"add": 1},
        kernel=reduction("sum along axes", as_it_is, one),
    ),
    "smallest": Reduction(
        "ReduceMin",
        lambda x, axes: x.min(axis=axes, keepdims=True),
        {"compare": 1},
        kernel=SMALLEST,
        kept=1,
        back={"compare": 1},
    ),
    "product": Reduction(
        "ReduceProd",
        lambda x, axes: x.prod(axis=axes, keepdims=True),
        {"multiply": 1},
        kernel=PRODUCT,
        kept=2,
        back={"divide": 1, "multiply": 1},
    ),
    "sum_of_magnitudes": Reduction(
        "ReduceL1",
        lambda x, axes: abs(x).sum(axis=axes, keepdims=True),
        {"add": 1},
        kernel=reduction("sum of magnitudes along axes", magnitude, direction),
    ),
    "sum_of_squares": Reduction(
        "ReduceSumSquare",
        lambda x, axes: (x * x).sum(axis=axes, keepdims=True),
        {"multiply_add": 1},
        kernel=reduction("sum of squares along axes", square, twice),
    ),
    # the root by table
    "length": Reduction(
        "ReduceL2",
        _length,
        {"multiply_add": 1},
        {"lookup": 1},
        reduction("length along axes", square, share, root),
    ),
    # maximum, difference, exponential and sum; the logarithm by table
    "log_sum_exp": Reduction(
        "ReduceLogSumExp",
        _log_sum_exp,
        {"compare": 1, "add": 2, "lookup": 1},
        {"lookup": 1, "add": 1},
        reduction("logarithm of a sum of exponentials", power_of_e, weight, log),
    ),
}
ONNX_KINDS = {item.onnx: name for name, item in KINDS.items()}


@operator("reduce", onnx={kind: AXES_OWN for kind in ONNX_KINDS})
class Reduce(Operator):
    """The axes stay with the length 1."""

    fields = ("kind", "axes")
    kernels = tuple(kind.kernel for kind in KINDS.values() if kind.kernel)
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
        kind = KINDS[str(layer.setting("kind", "sum"))]
        return merge(kind.back, scale=layer.input_elements)

    def forward(self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors) -> np.ndarray:
        x = inputs[0]
        kind = KINDS[str(layer.setting("kind", "sum"))]
        return kind.of(x, axes_of(layer, (x.ndim - 1,))).reshape(layer.output_shape)

    def training(self, layer: Layer, where: str) -> tuple[TrainingRow, ...]:
        kind = KINDS[str(layer.setting("kind", "sum"))]
        shape = layer.input_shapes[0]
        axes = axes_of(layer, (len(shape) - 1,))
        kept = tuple(1 if axis in axes else size for axis, size in enumerate(shape))
        numbers = joined_numbers(shape, shape, kept)
        if kind.kernel is None or not numbers:
            return ()
        count = kind.kept * layer.output_elements
        return (TrainingRow(kind.kernel, window=numbers, kept=count),)
