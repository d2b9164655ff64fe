"""Where the backward cycle of an update rule runs: always on the arrays, or where the user chooses."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from archsim.schemes.base import Scheme
from archsim.trace.building_blocks import digital_backward, output_error, transposed_read
from archsim.trace.lower import Stage
from archsim.trace.operation import Operation
from hwlib.effects import OTHER_WORK


class ArrayBackward(Scheme):
    """The backward cycle reads the arrays from their other side: such a rule keeps no digital copy
    of the weights that could do without.
    """

    transposed_read: ClassVar[bool] = True

    def backward(self, stage: Stage, first: bool) -> list[Operation]:
        return output_error(stage) if first else [transposed_read(stage)]


class BackwardScheme(Scheme):
    """The backward cycle reads the arrays from their other side, or runs in the vector unit from
    the digital copy of the weights.
    """

    backward_in: Annotated[Literal["array", "vector_unit"], OTHER_WORK] = "array"

    @property
    def transposed_read(self) -> bool:  # type: ignore[override]  # a choice here, a constant elsewhere
        return self.backward_in == "array"

    def backward(self, stage: Stage, first: bool) -> list[Operation]:
        if first:
            return output_error(stage)
        return [transposed_read(stage) if self.backward_in == "array" else digital_backward(stage)]
