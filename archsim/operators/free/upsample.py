"""A feature map in which every value is repeated: nearest-neighbour enlargement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archsim.operators.arguments import count_of
from archsim.operators.base import AXES_OWN, IMAGE, TrainingRow, operator
from archsim.operators.moved import taken
from archsim.operators.moves import Moves
from archsim.operators.numbers import np
from archsim.operators.shapes import need_rank
from archsim.operators.sizes import Output
from archsim.operators.strides import moved_numbers

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table
    from workloads.network import Layer


@operator("upsample", onnx={"Resize": AXES_OWN, "Upsample": AXES_OWN})
class Upsample(Moves):
    """Rows and columns repeated `factor` times, or by index."""

    fields = ("factor",)
    trains = "upsample by a factor"
    meanings = {"factor": "how many times as high and as wide, 2 where it is not given"}

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        need_rank(shapes[0], 3, table.where, IMAGE)
        factor = table.integer("factor", 2)
        channels, height, width = shapes[0]
        return Output(
            (channels, height * factor, width * factor), {"settings": (("factor", factor),)}
        )

    def moved(self, layer: Layer, values: np.ndarray) -> np.ndarray:
        _, height, width = layer.output_shape
        rows = np.arange(height) * values.shape[1] // height
        columns = np.arange(width) * values.shape[2] // width
        return values[:, rows[:, None], columns]

    def own_rows(self, layer: Layer) -> tuple[TrainingRow, ...]:
        channels, height, width = layer.input_shapes[0]
        factor = count_of(layer, "factor", 1)
        if layer.output_shape != (channels, height * factor, width * factor):
            return ()
        return taken(moved_numbers((channels * height, factor, width, factor), (width, 0, 1, 0)))
