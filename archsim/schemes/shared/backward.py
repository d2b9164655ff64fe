"""Where the backward cycle of an update rule runs: a choice that several schemes offer."""

from __future__ import annotations

from typing import Literal

from archsim.schemes.base import Scheme
from archsim.trace.building_blocks import digital_backward, output_error, transposed_read
from archsim.trace.lower import Stage
from archsim.trace.operation import Operation


class BackwardScheme(Scheme):
    """The backward cycle reads the arrays from their other side, or runs in the vector unit from
    the digital copy of the weights.
    """

    backward_in: Literal["array", "vector_unit"] = "array"

    @property
    def transposed_read(self) -> bool:
        return self.backward_in == "array"

    def backward(self, stage: Stage, first: bool) -> list[Operation]:
        if first:
            return output_error(stage)
        return [transposed_read(stage) if self.backward_in == "array" else digital_backward(stage)]
