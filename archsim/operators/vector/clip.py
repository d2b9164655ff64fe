"""Values between two bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archsim.operators.base import operator
from archsim.operators.bent import BOUND
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.numbers import np
from archsim.operators.sizes import Output
from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table


@operator("clip", onnx="Clip")
class Clip(Elementwise):
    """min(max(x, low), high)."""

    fields = ("low", "high")
    settings = {"low": 0.0, "high": 6.0}
    forward_actions = {"compare": 2}
    backward_actions = {"compare": 1}
    masked = True
    unbounded = True
    kernels = (BOUND,)

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        low = table.number("low") if "low" in table.values else 0.0
        high = table.number("high") if "high" in table.values else 6.0
        if not low < high:
            raise InputError(
                "the bounds leave no values",
                where=f"{table.where}.low",
                got=f"{low:g} to {high:g}",
                allowed="low < high",
            )
        return super().infer(table, shapes)

    def of(self, x: Numbers, low: Numbers | float = 0.0, high: Numbers | float = 6.0) -> Numbers:
        return np.minimum(np.maximum(x, low), high)
