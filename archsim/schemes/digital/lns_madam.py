"""LNS-Madam: weights in a logarithmic number system, updated by whole steps of the exponent (Zhao
et al. 2022).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from archsim.schemes.base import Scheme, register
from archsim.trace.building_blocks import (
    digital_gradient,
    optimiser_step,
    output_error,
    program_weights,
    transposed_read,
)
from archsim.trace.lower import Stage
from archsim.trace.operation import Operation

if TYPE_CHECKING:
    import numpy as np

    from archsim.schemes.rule import LayerState, UpdateRule

# A weight and batch: the second moment, the normalised gradient and its clamp, the step of the
# exponent (an integer add and its clamp), the linear value by a table.
WORK: dict[str, float] = {
    "multiply": 1,
    "multiply_add": 1,
    "square_root": 1,
    "divide": 1,
    "compare": 2,
    "add": 1,
    "lookup": 1,
}


@register
class LnsMadam(Scheme):
    """v <- decay v + (1 - decay) g^2, the exponent of a weight moves by round(clamp(g/sqrt(v)))
    steps of the learning rate in octaves.

    Signs never change and a zero stays zero. |W| stays below `largest` times its root mean square
    at the start and, as an exponent of finite width must, above 2^-`octaves` of that. Only weights
    whose exponent moved are written. 1/128 is the authors' rate; a small network needs larger steps
    and, as weights only grow by factors, larger weights at the start.
    """

    name: ClassVar[str] = "lns_madam"
    title: ClassVar[str] = (
        "multiplicative update in a logarithmic number system: whole steps of the exponent"
    )
    source: ClassVar[str] = (
        "Zhao et al., LNS-Madam, IEEE TC 71(12) (2022), arXiv 2106.13914, and the authors' code"
    )
    references: ClassVar[tuple[str, ...]] = ("lns_madam2022",)
    transposed_read: ClassVar[bool] = True
    practice: ClassVar[dict[str, Any]] = {"learning_rate": 1 / 32, "batch": 8, "initial_scale": 4.0}
    trial: ClassVar[dict[str, Any]] = {"learning_rate": 0.25}

    decay: Annotated[float, Field(gt=0, lt=1)] = 0.999
    clamp: Annotated[float, Field(gt=0, le=1000)] = 10.0
    largest: Annotated[float, Field(gt=0, le=1000)] = 3.0
    octaves: Annotated[int, Field(ge=1, le=64)] = 16

    def backward(self, stage: Stage, first: bool) -> list[Operation]:
        return output_error(stage) if first else [transposed_read(stage)]

    def image_update(self, stage: Stage) -> list[Operation]:
        return [digital_gradient(stage)]

    def batch_update(self, stage: Stage, batch: int) -> list[Operation]:
        return [optimiser_step(stage, WORK, 3), program_weights(stage)]

    def state_words(self, stages: list[Stage]) -> dict[str, float]:
        weights = float(sum(s.matrix.trained for s in stages if s.on_array))
        return {"exponents": weights, "second moment": weights, "gradient": weights}

    def rule(self, layers: Sequence[LayerState], rate: float, batch: int, seed: int) -> UpdateRule:
        from archsim.schemes.digital.lns_madam_rule import LnsMadamRule

        return LnsMadamRule(self, layers, rate, batch, seed)

    def reference_change(
        self,
        layer: LayerState,
        inputs: np.ndarray,
        errors: np.ndarray,
        rate: float,
        seed: int,
        step: int,
    ) -> np.ndarray:
        from math import copysign

        weights = layer.weights.astype(float)
        top = self.largest * (weights**2).mean() ** 0.5
        gradient = sum(d.astype(float) @ x.astype(float).T for x, d in zip(inputs, errors))
        moved = weights.copy()
        for place, weight in enumerate(weights.flat):
            slope = gradient.flat[place]
            if slope and weight:  # after one batch g/sqrt(v) is the sign of g
                size = abs(weight) * 2 ** (rate * copysign(1, slope) * copysign(1, weight))
                moved.flat[place] = copysign(min(max(size, top * 2.0**-self.octaves), top), weight)
        return moved - weights
