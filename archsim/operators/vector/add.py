"""Sum of operands, broadcast to each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archsim.operators.arguments import Work
from archsim.operators.base import AXES_KEPT, TrainingRow, operator
from archsim.operators.copying import ACCUMULATE, COPY
from archsim.operators.join import Join
from archsim.operators.numbers import np

if TYPE_CHECKING:
    from workloads.network import Layer


@operator("add", onnx={"Add": AXES_KEPT, "Sum": AXES_KEPT})
class Add(Join):
    """The error of a sum is that of each operand, so that none is computed."""

    inputs = None
    kernels = (COPY, ACCUMULATE)
    trains = "add of equal shapes"

    def combine(self, first: np.ndarray, other: np.ndarray) -> np.ndarray:
        return np.add(first, other)

    def forward_work(self, layer: Layer) -> Work:
        return {"add": self.operations(layer)}

    def training(self, layer: Layer, where: str) -> tuple[TrainingRow, ...]:
        if len(layer.inputs) < 2 or len(set(layer.input_shapes)) > 1:
            return ()
        return tuple(
            TrainingRow(COPY if source == 0 else ACCUMULATE, source)
            for source in range(len(layer.inputs))
        )
