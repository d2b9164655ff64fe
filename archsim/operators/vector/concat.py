"""Results of several layers side by side: only their addresses differ."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from archsim.operators.arguments import Tensors, count_of, operands
from archsim.operators.base import AXES_KEPT, Operator, TrainingRow, operator
from archsim.operators.copying import COPY
from archsim.operators.moved import PLACE
from archsim.operators.numbers import np
from archsim.operators.shapes import concatenate
from archsim.operators.sizes import Output
from archsim.operators.strides import moved_numbers, strides_of

if TYPE_CHECKING:
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table
    from workloads.network import Layer


@operator("concat", onnx={"Concat": AXES_KEPT})
class Concat(Operator):
    """Joined along an axis; constant parts have the roles part0, part1, ..."""

    fields = ("axis",)
    inputs = None
    moves_only = True
    kernels = (COPY, PLACE)

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        axis = table.integer("axis", 0, lowest=0)
        joined = concatenate(shapes, axis, table.where)
        return Output(joined, {"settings": (("axis", axis),)} if axis else {})

    def forward(self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors) -> np.ndarray:
        return np.concatenate(
            operands(layer, inputs, constants, "part"), axis=count_of(layer, "axis")
        )

    def training(self, layer: Layer, where: str) -> tuple[TrainingRow, ...]:
        first = layer.input_shapes[0]
        joined = (sum(shape[0] for shape in layer.input_shapes), *first[1:])
        if layer.constants:
            return ()
        if layer.setting("axis") or layer.output_shape != joined:
            return self._placed(layer)
        rows = []
        start = 0
        for source, shape in enumerate(layer.input_shapes):
            size = math.prod(shape)
            rows.append(TrainingRow(COPY, source, start, size))
            start += size
        return tuple(rows)

    def _placed(self, layer: Layer) -> tuple[TrainingRow, ...]:
        """Rows of parts side by side along another axis than the first."""
        axis = count_of(layer, "axis")
        strides = strides_of(layer.output_shape)
        rows: list[TrainingRow] = []
        start = 0
        for source, shape in enumerate(layer.input_shapes):
            numbers = moved_numbers(shape, strides, start)
            if not numbers:
                return ()
            rows.append(TrainingRow(PLACE, source, window=numbers))
            start += shape[axis] * strides[axis]
        return tuple(rows)
