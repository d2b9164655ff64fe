"""Root-mean-square normalisation (Zhang & Sennrich 2019, arXiv 1910.07467): no mean is taken off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archsim.operators.base import AXES_OWN, Output, operator
from archsim.operators.normalisation import OverLastAxes

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table


@operator("rms_norm", onnx={"RMSNormalization": AXES_OWN})
class RmsNorm(OverLastAxes):
    """x over the root of its mean square over the last axes, times a scale."""

    centred = False

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        return Output(shapes[0], {"constants": ("scale",)})
