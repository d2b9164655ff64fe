"""Digital mini-batch SGD, momentum or Adam: gradients and moments in the vector unit, weights rewritten each batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from archsim.schemes.base import Scheme, register
from archsim.schemes.common import digital_backward, digital_gradient, optimiser_step, output_error, program_weights, transposed_read
from archsim.trace.lower import Stage
from archsim.trace.operation import Operation

if TYPE_CHECKING:
    import numpy as np

    from archsim.schemes.rule import LayerState, UpdateRule

# Operations a weight: textbook forms (Kingma & Ba 2015 for Adam, bias correction folded into the rate).
OPTIMISER_WORK: dict[str, dict[str, float]] = {
    "sgd": {"multiply_add": 1},
    "momentum": {"multiply": 1, "multiply_add": 2},
    "adam": {"multiply": 3, "multiply_add": 3, "square_root": 1, "divide": 1},
}
MOMENT_WORDS = {"sgd": 0, "momentum": 1, "adam": 2}


@register
class DigitalSgd(Scheme):
    """Every weight is written after every batch: the baseline of all ratios."""

    name: ClassVar[str] = "sgd"
    title: ClassVar[str] = "digital mini-batch SGD, momentum or Adam; all devices rewritten after each batch"
    source: ClassVar[str] = "baseline; Adam: Kingma & Ba, ICLR 2015"

    practice: ClassVar[dict[str, Any]] = {"learning_rate": 0.1, "batch": 8}
    trial: ClassVar[dict[str, Any]] = {"learning_rate": 0.5}

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

    def backward(self, stage: Stage, first: bool) -> list[Operation]:
        if first:
            return output_error(stage)
        return [transposed_read(stage) if self.backward_in == "array" else digital_backward(stage)]

    def image_update(self, stage: Stage) -> list[Operation]:
        return [digital_gradient(stage)]

    def batch_update(self, stage: Stage, batch: int) -> list[Operation]:
        words = 2 + MOMENT_WORDS[self.optimiser]
        return [optimiser_step(stage, OPTIMISER_WORK[self.optimiser], words), program_weights(stage)]

    def rule(self, layers: Sequence[LayerState], rate: float, batch: int, seed: int) -> UpdateRule:
        from archsim.schemes.digital import DigitalRule

        return DigitalRule(self, layers, rate, batch, seed)

    def reference_change(self, layer: LayerState, inputs: np.ndarray, errors: np.ndarray, rate: float, seed: int, step: int) -> np.ndarray:
        from archsim.schemes.digital import reference_step

        return reference_step(self, layer.weights, inputs, errors, rate)

    def state_words(self, stages: list[Stage]) -> dict[str, float]:
        weights = float(sum(s.matrix.trained for s in stages if s.on_array))
        words = {"digital weights": weights, "gradient": weights}
        if MOMENT_WORDS[self.optimiser]:
            words["moments"] = MOMENT_WORDS[self.optimiser] * weights
        return words
