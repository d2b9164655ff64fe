"""What schemes share that sum the gradient digitally: both cycles, the optimiser, and the memory it
takes.
"""

from __future__ import annotations

from archsim.schemes.shared.backward import ArrayBackward, BackwardScheme
from archsim.schemes.shared.optimiser import DigitalOptimiser
from archsim.trace.building_blocks import digital_gradient
from archsim.trace.lower import Stage
from archsim.trace.operation import Operation


class GradientScheme(DigitalOptimiser, BackwardScheme):
    """Gradients are summed in the vector unit; the backward cycle runs on the array or from the
    digital copy of the weights.
    """

    def image_update(self, stage: Stage) -> list[Operation]:
        return [digital_gradient(stage)]


class GradientOnArray(ArrayBackward):
    """Gradients are summed in the vector unit; the backward cycle reads the arrays, since nothing
    else holds the weights.
    """

    def image_update(self, stage: Stage) -> list[Operation]:
        return [digital_gradient(stage)]
