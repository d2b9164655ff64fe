"""A power with a constant exponent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archsim.operators.base import Work, number_of, operator
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.numbers import np

if TYPE_CHECKING:
    from workloads.network import Layer


@operator("power", onnx="Pow")
class Power(Elementwise):
    """x to the power `exponent`: a square is a product, everything else a table."""

    fields = ("exponent",)
    meanings = {"exponent": "of `power`: the constant exponent, 2 where it is not given"}
    settings = {"exponent": 2.0}
    unbounded = True

    def forward_work(self, layer: Layer) -> Work:
        squared = number_of(layer, "exponent", 2.0) == 2.0
        return {"multiply" if squared else "lookup": layer.output_elements}

    def backward_work(self, layer: Layer) -> Work:
        n = layer.output_elements
        if number_of(layer, "exponent", 2.0) == 2.0:
            return {"multiply": 2 * n}
        return {"lookup": n, "multiply": n}

    def of(self, x: Numbers, exponent: float = 2.0) -> Numbers:
        return np.power(x, exponent)
