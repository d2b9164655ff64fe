"""The input as it is, also in another type."""

from __future__ import annotations

from archsim.operators.base import AXES_KEPT, operator
from archsim.operators.moves import Renames


@operator("identity", onnx={"Identity": AXES_KEPT, "Cast": AXES_KEPT})
class Identity(Renames):
    """Nothing at all."""
