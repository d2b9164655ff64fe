"""Exponential function."""

from __future__ import annotations

import numpy as np

from archsim.operators.base import operator
from archsim.operators.elementwise import Elementwise, Numbers


@operator("exp", onnx="Exp", counted_as="sigmoid")
class Exp(Elementwise):
    """e^x."""

    def of(self, x: Numbers) -> Numbers:
        return np.exp(x)
