"""Product of two activations, which has no weights to sit on an array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archsim.operators.arguments import Tensors, Work
from archsim.operators.base import AXES_KEPT, Operator, Output, operator
from archsim.operators.numbers import np
from archsim.operators.shapes import matmul

if TYPE_CHECKING:
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table
    from workloads.network import Layer


@operator("matmul", onnx={"MatMul": AXES_KEPT})
class Matmul(Operator):
    """(..., m, k) by (..., k, n)."""

    inputs = 2
    threaded = True
    multiplies = True

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        return Output(matmul(shapes[0], shapes[1], table.where))

    def forward_work(self, layer: Layer) -> Work:
        return {"multiply_add": layer.output_elements * layer.input_shapes[0][-1]}

    def backward_work(self, layer: Layer) -> Work:
        return {"multiply_add": 2 * layer.output_elements * layer.input_shapes[0][-1]}

    def carries(self, layer: Layer) -> bool:
        return len(layer.inputs) == 2

    def forward(self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors) -> np.ndarray:
        return np.matmul(*inputs).reshape(layer.output_shape)
