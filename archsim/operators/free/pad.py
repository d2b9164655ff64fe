"""A border around an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archsim.operators.arguments import number_of
from archsim.operators.base import AXES_KEPT, IMAGE, TrainingRow, operator
from archsim.operators.kernels import LayerWords
from archsim.operators.moved import PUT
from archsim.operators.moves import Moves
from archsim.operators.numbers import np
from archsim.operators.shapes import need_rank
from archsim.operators.sizes import Output
from archsim.operators.strides import moved_numbers, strides_of
from archsim.operators.windows import four_paddings
from hwlib.errors import InputError

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table
    from workloads.network import Layer


@operator("pad", onnx={"Pad": AXES_KEPT})
class Pad(Moves):
    """Zeros at the four sides, or by index with a fill value."""

    fields = ("padding",)

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        need_rank(shapes[0], 3, table.where, IMAGE)
        if "padding" not in table.values:
            raise InputError("field 'padding' is missing", where=table.where)
        top, left, bottom, right = four_paddings(table)
        channels, height, width = shapes[0]
        shape = (channels, height + top + bottom, width + left + right)
        return Output(shape, {"padding": (top, left, bottom, right)})

    def moved(self, layer: Layer, values: np.ndarray) -> np.ndarray:
        top, left, bottom, right = layer.padding
        fill = number_of(layer, "fill", 0.0)
        sides = ((0, 0), (top, bottom), (left, right))
        return np.pad(values, sides, constant_values=fill)

    def own_rows(self, layer: Layer) -> tuple[TrainingRow, ...]:
        top, left = layer.padding[:2]
        strides = strides_of(layer.output_shape)
        start = top * strides[1] + left * strides[2]
        numbers = moved_numbers(layer.input_shapes[0], strides, start)
        words = LayerWords(constants=(number_of(layer, "fill", 0.0),))
        return (TrainingRow(PUT, window=numbers, words=words),)
