"""A comparison of two operands, element by element: what builds a mask at run time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archsim.operators.arguments import Tensors, Work, operands
from archsim.operators.base import AXES_KEPT, operator
from archsim.operators.join import Join
from archsim.operators.masks import mask_kernels, one_if
from archsim.operators.numbers import np
from archsim.operators.pairs import JoinKernels
from archsim.operators.sizes import Output

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table
    from workloads.network import Layer

RELATIONS = {
    "Equal": "equal",
    "Greater": "greater",
    "GreaterOrEqual": "greater_equal",
    "Less": "less",
    "LessOrEqual": "less_equal",
}
"""ONNX's operator, and the relation by its name in NumPy."""


def equal(first, second):
    return one_if(first == second)


def greater(first, second):
    return one_if(first > second)


def greater_equal(first, second):
    return one_if(first >= second)


def less(first, second):
    return one_if(first < second)


def less_equal(first, second):
    return one_if(first <= second)


KERNELS = {
    own.__name__: mask_kernels(f"comparison {own.__name__}", own)
    for own in (equal, greater, greater_equal, less, less_equal)
}


@operator("comparison", onnx={kind: AXES_KEPT for kind in RELATIONS})
class Relation(Join):
    """1 where the relation holds, else 0. No error passes back: its slope is 0."""

    inputs = 2
    kernels = tuple(kernel for pair in KERNELS.values() for kernel in pair.made())
    trains_constants = True
    fields = ("relation",)
    meanings = {"relation": f"of `comparison`: {', '.join(RELATIONS.values())}"}

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        relation = table.word("relation", "equal", tuple(RELATIONS.values()), "relation")
        shape = super().infer(table, shapes).shape
        return Output(shape, {"settings": (("relation", relation),)})

    def joined(self, layer: Layer) -> JoinKernels:
        return KERNELS[str(layer.setting("relation", "equal"))]

    def forward_work(self, layer: Layer) -> Work:
        return {"compare": layer.output_elements}

    def forward(self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors) -> np.ndarray:
        first, other = operands(layer, inputs, constants, "operand")
        relation = getattr(np, str(layer.setting("relation", "equal")))
        return np.broadcast_to(relation(first, other), layer.output_shape).astype(np.float32)
