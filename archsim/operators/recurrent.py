"""What recurrent operators have in common: each read needs the state that the one before gave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archsim.operators.arguments import cannot_carry
from archsim.operators.base import Output
from archsim.operators.numbers import np
from archsim.operators.on_array import OnArray
from archsim.operators.shapes import need_rank

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table
    from workloads.network import Layer


class Recurrent(OnArray):
    """One vector a time step."""

    fields = ("hidden", "bias", "shares")
    sequential = True

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        need_rank(shapes[0], 2, table.where, "(time steps, features)")
        hidden = table.integer("hidden")
        return Output((shapes[0][0], hidden), {"hidden": hidden, "bias": table.flag("bias")})

    def fresh_inputs(self, layer: Layer) -> float:
        return layer.input_shapes[0][-1]  # the state stays in the tile's input register

    def error_sums(self, layer: Layer) -> int:
        # The error of the state joins that of the output before.
        return layer.hidden * layer.matrix.vectors

    def carries(self, layer: Layer) -> bool:
        return False

    def vectors(self, layer: Layer, values: np.ndarray, steps: slice) -> np.ndarray:
        raise cannot_carry(layer)  # its vectors hold states that are not computed yet
