"""Another shape of the same elements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archsim.operators.base import AXES_OWN, operator
from archsim.operators.moves import Renames
from archsim.operators.shapes import reshape
from archsim.operators.sizes import Output

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table


@operator("reshape", onnx={"Reshape": AXES_OWN, "Squeeze": AXES_OWN, "Unsqueeze": AXES_OWN})
class Reshape(Renames):
    """All elements in their order."""

    fields = ("shape",)

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        target = table.integers("shape", lowest=-1)
        return Output(reshape(shapes[0], target, table.where))
