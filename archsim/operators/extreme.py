"""What the smaller and the larger of several operands have in common."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from archsim.operators.arguments import Work
from archsim.operators.join import Join

if TYPE_CHECKING:
    from workloads.network import Layer


class Extreme(Join):
    """One of each pair; an error goes back to the operand that was taken."""

    inputs = None

    def forward_work(self, layer: Layer) -> Work:
        return {"compare": self.operations(layer)}

    def backward_work(self, layer: Layer) -> Work:
        return {"compare": layer.output_elements}

    def mask_bits(self, layer: Layer) -> int:
        operands = len(layer.inputs) + len(layer.constants)
        # Which operand was taken, as a number.
        return layer.output_elements * math.ceil(math.log2(operands))
