"""Axes in another order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archsim.operators.arguments import axes_of
from archsim.operators.base import AXES_OWN, BATCH_FIRST, TrainingRow, operator
from archsim.operators.moved import taken
from archsim.operators.moves import Moves
from archsim.operators.numbers import np
from archsim.operators.sizes import Output
from archsim.operators.strides import moved_numbers, strides_of
from hwlib.errors import InputError

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table
    from workloads.network import Layer


@operator(
    "transpose",
    onnx={"Transpose": AXES_OWN, "DepthToSpace": BATCH_FIRST, "SpaceToDepth": BATCH_FIRST},
)
class Transpose(Moves):
    """The elements in the order of the axes named, or by index."""

    fields = ("axes",)

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        rank = len(shapes[0])
        axes = table.integers("axes", tuple(range(rank))[::-1], lowest=0)
        if sorted(axes) != list(range(rank)):
            raise InputError(
                "must name every axis once",
                where=f"{table.where}.axes",
                got=axes,
                allowed=f"an order of 0 to {rank - 1}",
            )
        return Output(tuple(shapes[0][axis] for axis in axes), {"settings": (("axes", axes),)})

    def carries(self, layer: Layer) -> bool:
        return "index" in layer.constants or bool(layer.settings)

    def moved(self, layer: Layer, values: np.ndarray) -> np.ndarray:
        return np.transpose(values, axes_of(layer, ()))

    def own_rows(self, layer: Layer) -> tuple[TrainingRow, ...]:
        axes = axes_of(layer, ())
        strides = strides_of(layer.input_shapes[0])
        return taken(moved_numbers(layer.output_shape, tuple(strides[axis] for axis in axes)))
