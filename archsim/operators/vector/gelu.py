"""Gaussian error linear unit (Hendrycks & Gimpel 2016), exact, or approximated by tanh as its
authors give it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from archsim.operators.base import Kernel, operator
from archsim.operators.elementary import exponential
from archsim.operators.elementwise import Elementwise, Numbers, erf
from archsim.operators.numbers import np
from archsim.operators.sizes import Output
from archsim.operators.vector.tanh import tanh

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table

_FORMS = ("none", "tanh")


def normal_share(x):
    """Phi(x), the share of a normal distribution below x, within 1e-7.

    Source: Abramowitz & Stegun 1964, 7.1.26: erf within 1.5e-7.
    """
    z = abs(x) * np.float32(0.70710678)
    t = np.float32(1.0) / (np.float32(1.0) + np.float32(0.3275911) * z)
    p = np.float32(1.061405429) * t - np.float32(1.453152027)
    p = (p * t + np.float32(1.421413741)) * t - np.float32(0.284496736)
    p = (p * t + np.float32(0.254829592)) * t
    outside = np.float32(0.5) * p * exponential(-z * z)  # of both tails, this is one
    return outside if x < np.float32(0.0) else np.float32(1.0) - outside


def value(x):
    return x * normal_share(x)


def back(error, x, y):
    # d/dx x Phi(x) = Phi(x) + x phi(x), phi the density of the normal distribution
    density = np.float32(0.39894228) * exponential(np.float32(-0.5) * x * x)
    return error * (normal_share(x) + x * density)


def value_by_tanh(x):
    inner = np.float32(0.79788456) * (x + np.float32(0.044715) * x * x * x)
    return np.float32(0.5) * x * (np.float32(1.0) + tanh(inner))


def back_by_tanh(error, x, y):
    inner = np.float32(0.79788456) * (x + np.float32(0.044715) * x * x * x)
    slope = np.float32(0.79788456) * (np.float32(1.0) + np.float32(0.134145) * x * x)
    t = tanh(inner)
    rest = x * (np.float32(1.0) - t * t) * slope
    return error * np.float32(0.5) * (np.float32(1.0) + t + rest)


@operator("gelu", onnx="Gelu")
class Gelu(Elementwise):
    """x Phi(x): one look-up in a table of the function; backward one in that of its slope, times
    the error.
    """

    fields = ("approximate",)
    meanings = {"approximate": "of `gelu`: `none` (exact, the default) or `tanh`"}
    settings = {"approximate": "none"}
    forward_actions = {"lookup": 1}
    backward_actions = {"lookup": 1, "multiply": 1}
    unbounded = True
    kernels = (
        Kernel("gelu", value, back, elementwise=True),
        Kernel(
            "gelu by tanh", value_by_tanh, back_by_tanh, True, settings=(("approximate", "tanh"),)
        ),
    )

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        form = table.word("approximate", "none", _FORMS, "approximation")
        return Output(shapes[0], {"settings": (("approximate", form),)} if form != "none" else {})

    def check_settings(self, settings: Mapping[str, object]) -> str:
        return "" if settings["approximate"] in _FORMS else "unknown approximation"

    def of(self, x: Numbers, approximate: str = "none") -> Numbers:
        if approximate == "tanh":
            return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
        return 0.5 * x * (1 + erf(x / math.sqrt(2)))
