"""Difference of operands."""

from __future__ import annotations

import numpy as np

from archsim.operators.base import operator
from archsim.operators.join import Join


@operator("subtract", onnx="Sub", counted_as="add")
class Subtract(Join):
    """The first minus the others."""

    combine = staticmethod(np.subtract)
