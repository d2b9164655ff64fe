"""Softsign."""

from __future__ import annotations

import numpy as np

from archsim.operators.base import operator
from archsim.operators.elementwise import Elementwise, Numbers


@operator("softsign", onnx="Softsign", counted_as="sigmoid")
class Softsign(Elementwise):
    """x / (1 + |x|)."""

    def of(self, x: Numbers) -> Numbers:
        return x / (1 + np.abs(x))
