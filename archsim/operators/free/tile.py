"""Elements repeated along axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archsim.operators.base import AXES_OWN, TrainingRow, operator
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


@operator("tile", onnx={"Tile": AXES_OWN, "Expand": AXES_OWN})
class Tile(Moves):
    """The whole input `repeats` times along each axis, or by index."""

    fields = ("repeats",)
    meanings = {"repeats": "of `tile`: how many times along each axis"}

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        shape = shapes[0]
        repeats = table.integers("repeats")
        if len(repeats) != len(shape):
            raise InputError(
                "needs one number an axis",
                where=f"{table.where}.repeats",
                got=repeats,
                allowed=f"{len(shape)} numbers",
            )
        sizes = tuple(size * times for size, times in zip(shape, repeats))
        return Output(sizes, {"settings": (("repeats", repeats),)})

    def moved(self, layer: Layer, values: np.ndarray) -> np.ndarray:
        repeats = layer.setting("repeats", ())
        if not isinstance(repeats, tuple):
            where = f"{layer.name}.repeats"
            raise InputError("repeats must be whole numbers", where=where, got=repeats)
        return np.tile(values, repeats)

    def own_rows(self, layer: Layer) -> tuple[TrainingRow, ...]:
        shape = layer.input_shapes[0]
        repeats = layer.setting("repeats", ())
        if not isinstance(repeats, tuple):
            return ()
        sizes = []
        strides = []
        for size, stride, times in zip(shape, strides_of(shape), repeats):
            # Each axis as two: a stride of nothing repeats what lies below it.
            sizes += [times, size]
            strides += [0, stride]
        return taken(moved_numbers(tuple(sizes), tuple(strides)))
