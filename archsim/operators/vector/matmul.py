"""Product of two activations, which has no weights to sit on an array."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from archsim.operators.arguments import Tensors, Work
from archsim.operators.base import AXES_KEPT, AXES_OWN, Operator, TrainingRow, operator
from archsim.operators.numbers import np
from archsim.operators.products import MATRICES
from archsim.operators.shapes import matmul
from archsim.operators.sizes import MatrixProduct, Output

if TYPE_CHECKING:
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table
    from workloads.network import Layer


@operator("matmul", onnx={"MatMul": AXES_KEPT, "Einsum": AXES_OWN})
class Matmul(Operator):
    """(..., m, k) by (..., k, n)."""

    inputs = 2
    threaded = True
    multiplies = True
    kernels = (MATRICES,)
    trains = "matmul of equally many matrices"

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        return Output(matmul(shapes[0], shapes[1], table.where))

    def products(self, layer: Layer) -> tuple[MatrixProduct, ...]:
        left, right = layer.input_shapes
        columns = right[-1]
        matrices = math.prod(right[:-2])
        return (MatrixProduct(layer.output_elements // columns, left[-1], columns, matrices),)

    def products_back(self, layer: Layer) -> tuple[MatrixProduct, ...]:
        # the error times the second operand turned, and the first one turned times the error
        (ahead,) = self.products(layer)
        rows, columns = ahead.rows, ahead.columns
        left = layer.input_shapes[0]
        first = MatrixProduct(ahead.vectors, columns, rows, ahead.matrices)
        batches = ahead.vectors // left[-2]
        return first, MatrixProduct(batches * rows, left[-2], columns, batches)

    def forward_work(self, layer: Layer) -> Work:
        return {"multiply_add": sum(item.multiply_adds for item in self.products(layer))}

    def backward_work(self, layer: Layer) -> Work:
        return {"multiply_add": sum(item.multiply_adds for item in self.products_back(layer))}

    def carries(self, layer: Layer) -> bool:
        return len(layer.inputs) == 2

    def forward(self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors) -> np.ndarray:
        return np.matmul(*inputs).reshape(layer.output_shape)

    def training(self, layer: Layer, where: str) -> tuple[TrainingRow, ...]:
        if len(layer.inputs) != 2 or layer.constants:
            return ()
        (*lead, m, inner), (*other, _, n) = layer.input_shapes
        if lead != other:
            return ()
        return (TrainingRow(MATRICES, window=(math.prod(lead), m, inner, n), second=1),)
