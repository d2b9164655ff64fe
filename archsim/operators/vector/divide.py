"""Quotient by a constant."""

from __future__ import annotations

import numpy as np

from archsim.operators.base import operator
from archsim.operators.join import Join


@operator("divide", onnx="Div", counted_as="multiply")
class Divide(Join):
    """The first by the others."""

    combine = staticmethod(np.divide)
