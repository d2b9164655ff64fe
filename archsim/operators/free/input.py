"""An input of the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archsim.operators.base import FREE, Fields, Operator, operator
from archsim.operators.sizes import Output

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table
    from workloads.network import Layer


@operator("input")
class Input(Operator):
    """The values of one image; every network begins with one."""

    kind = FREE
    fields = ("shape",)
    inputs = 0
    moves_only = True

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        return Output(table.integers("shape"))

    def for_one_token(self, values: Fields, tokens: int, held: int) -> Fields:
        shape = values["shape"]
        # An input of another length than the tokens' (a picture beside a text) stays as it is.
        return {**values, "shape": [1, *shape[1:]]} if shape[0] == tokens else values

    def fetched(self, layer: Layer) -> int:
        return layer.output_elements
