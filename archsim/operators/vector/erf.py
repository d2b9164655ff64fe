"""Error function."""

from __future__ import annotations

from archsim.operators.base import operator
from archsim.operators.elementwise import Elementwise, Numbers, erf


@operator("erf", onnx="Erf", counted_as="sigmoid")
class Erf(Elementwise):
    """The error function, exact to double precision."""

    def of(self, x: Numbers) -> Numbers:
        return erf(x)
