"""Flattening to one axis."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from archsim.operators.base import AXES_OWN, operator
from archsim.operators.moves import Renames
from archsim.operators.sizes import Output

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table


@operator("flatten", onnx={"Flatten": AXES_OWN})
class Flatten(Renames):
    """All elements in their order."""

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        return Output((math.prod(shapes[0]),))
