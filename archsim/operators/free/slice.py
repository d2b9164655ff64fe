"""A part of the input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archsim.operators.arguments import count_of
from archsim.operators.base import AXES_KEPT, AXES_OWN, TrainingRow, operator
from archsim.operators.moved import taken as taken_by
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
    "slice",
    onnx={
        "Slice": AXES_KEPT,
        "Split": AXES_KEPT,
        "Gather": AXES_OWN,
        "GatherND": AXES_OWN,
        "GatherElements": AXES_OWN,
    },
)
class Slice(Moves):
    """From `start` to before `stop` along an axis, or by index."""

    fields = ("axis", "start", "stop")

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        shape = shapes[0]
        axis = table.axis("axis", len(shape), 0)
        start = table.integer("start", 0, lowest=0)
        stop = table.integer("stop", shape[axis])
        if not start < stop <= shape[axis]:
            raise InputError(
                "is outside the input",
                where=f"{table.where}.stop",
                got=(start, stop),
                allowed=f"start < stop <= {shape[axis]}",
            )
        settings = (("axis", axis), ("start", start), ("stop", stop))
        return Output((*shape[:axis], stop - start, *shape[axis + 1 :]), {"settings": settings})

    def carries(self, layer: Layer) -> bool:
        return "index" in layer.constants or bool(layer.settings)

    def moved(self, layer: Layer, values: np.ndarray) -> np.ndarray:
        taken = [slice(None)] * values.ndim
        span = slice(count_of(layer, "start"), count_of(layer, "stop"), count_of(layer, "step", 1))
        taken[count_of(layer, "axis")] = span
        return values[tuple(taken)]

    def own_rows(self, layer: Layer) -> tuple[TrainingRow, ...]:
        strides = [*strides_of(layer.input_shapes[0])]
        axis = count_of(layer, "axis")
        start = count_of(layer, "start") * strides[axis]
        # A step is a longer way from element to element.
        strides[axis] *= count_of(layer, "step", 1)
        return taken_by(moved_numbers(layer.output_shape, tuple(strides), start))
