"""Matrix product with weights: one vector, or one a time step."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from archsim.operators.base import AXES_KEPT, AXES_OWN, ArrayKernel, TrainingRow, operator
from archsim.operators.matrix import Matrix
from archsim.operators.on_array import OnArray
from archsim.operators.shapes import shape_text
from archsim.operators.sizes import Output
from hwlib.errors import InputError

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table
    from workloads.network import Layer


def gather_vectors(inputs, window, block):
    """block[k, v] = feature k of vector v; `window` holds the number of features."""
    features = window[0]
    for v in range(block.shape[1]):
        for k in range(features):
            block[k, v] = inputs[v * features + k]


def scatter_vectors(block, window, input_errors):
    features = window[0]
    for v in range(block.shape[1]):
        for k in range(features):
            input_errors[v * features + k] += block[k, v]


VECTORS = ArrayKernel("vectors of features", gather_vectors, scatter_vectors)


@operator("linear", onnx={"Gemm": AXES_OWN, "MatMul": AXES_KEPT})
class Linear(OnArray):
    """W x, and a bias where the layer has one."""

    fields = ("features", "bias", "shares", "transposed")
    adapts = True
    kernels = (VECTORS,)

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        shape = shapes[0]
        if len(shape) > 2:
            raise InputError(
                "needs an input of one axis, or (time steps, features)",
                where=table.where,
                got=shape_text(shape),
                hint="put a flatten layer before it",
            )
        return Output((*shape[:-1], table.integer("features")), {"bias": table.flag("bias")})

    def matrix(self, layer: Layer) -> Matrix:
        shape = layer.input_shapes[0]
        return Matrix(shape[-1], layer.output_shape[-1], 1, math.prod(shape[:-1]))

    def training(self, layer: Layer, where: str) -> tuple[TrainingRow, ...]:
        shape = layer.matrix
        return (TrainingRow(VECTORS, window=(shape.rows,), by_vector=shape.vectors > 1),)
