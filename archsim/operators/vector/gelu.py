"""Gaussian error linear unit (Hendrycks & Gimpel 2016)."""

from __future__ import annotations

import math
from collections.abc import Mapping

from archsim.operators.base import operator
from archsim.operators.elementwise import Elementwise, Numbers, erf
from archsim.operators.numbers import np


@operator("gelu", onnx="Gelu", counted_as="sigmoid")
class Gelu(Elementwise):
    """x Phi(x), exact or by tanh."""

    settings = {"approximate": "none"}

    def of(self, x: Numbers, approximate: str = "none") -> Numbers:
        if approximate == "tanh":
            return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
        return 0.5 * x * (1 + erf(x / math.sqrt(2)))

    def check_settings(self, settings: Mapping[str, object]) -> str:
        return "" if settings["approximate"] in ("none", "tanh") else "unknown approximation"
