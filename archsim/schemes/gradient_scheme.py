"""What schemes share that sum the gradient digitally: the optimiser's settings, both cycles, and the memory it takes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from archsim.schemes.base import Scheme
from archsim.schemes.common import digital_backward, digital_gradient, output_error, transposed_read
from archsim.trace.lower import Stage
from archsim.trace.operation import Operation

# Operations a weight: textbook forms (Kingma & Ba 2015 for Adam, bias correction folded into the rate).
OPTIMISER_WORK: dict[str, dict[str, float]] = {
    "sgd": {"multiply_add": 1},
    "momentum": {"multiply": 1, "multiply_add": 2},
    "adam": {"multiply": 3, "multiply_add": 3, "square_root": 1, "divide": 1},
}
# Learning rates beside SGD's 0.1: with momentum 0.9 a tenth of it moves a weight as far; Adam's is the one of its authors.
OPTIMISER_RATES = {"momentum": 0.01, "adam": 0.001}
MOMENT_WORDS = {"sgd": 0, "momentum": 1, "adam": 2}


class GradientScheme(Scheme):
    """Gradients are summed in the vector unit; the backward cycle runs on the array or from the digital copy of the weights.

    `optimiser` with its textbook constants; `weight_decay` is decoupled (Loshchilov & Hutter 2019).
    """

    optimiser: Literal["sgd", "momentum", "adam"] = "sgd"
    backward_in: Literal["array", "vector_unit"] = "array"
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    beta1: Annotated[float, Field(ge=0, lt=1)] = 0.9
    beta2: Annotated[float, Field(ge=0, lt=1)] = 0.999
    epsilon: Annotated[float, Field(gt=0, le=1)] = 1e-8
    weight_decay: Annotated[float, Field(ge=0, le=1)] = 0.0

    @property
    def transposed_read(self) -> bool:
        return self.backward_in == "array"

    @property
    def optimiser_words(self) -> int:
        """Words a weight that the optimiser reads and writes: gradient, copy and moments."""
        return 2 + MOMENT_WORDS[self.optimiser]

    def backward(self, stage: Stage, first: bool) -> list[Operation]:
        if first:
            return output_error(stage)
        return [transposed_read(stage) if self.backward_in == "array" else digital_backward(stage)]

    def image_update(self, stage: Stage) -> list[Operation]:
        return [digital_gradient(stage)]

    def state_words(self, stages: list[Stage]) -> dict[str, float]:
        weights = float(sum(s.matrix.trained for s in stages if s.on_array))
        words = {"digital weights": weights, "gradient": weights}
        if MOMENT_WORDS[self.optimiser]:
            words["moments"] = MOMENT_WORDS[self.optimiser] * weights
        return words
