"""Layer normalisation (Ba, Kiros & Hinton 2016, arXiv 1607.06450): over the features of a position."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archsim.operators.base import AXES_OWN, operator
from archsim.operators.normalisation import OverLastAxes
from archsim.operators.sizes import Output

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table


@operator("layer_norm", onnx={"LayerNormalization": AXES_OWN})
class LayerNorm(OverLastAxes):
    """Mean 0 and variance 1 over the last axes of the image."""

    fields = ("affine",)
    meanings = {"affine": "of `layer_norm`: a scale and a shift a feature follow (false)"}

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        constants = ("scale", "shift") if table.flag("affine") else ()
        return Output(shapes[0], {"constants": constants} if constants else {})
