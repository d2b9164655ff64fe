"""ESSOP: the outer product of the weight update from stochastic streams whose random numbers are shared (Joshi 2020)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from archsim.schemes.base import register
from archsim.schemes.common import optimiser_step, program_weights
from archsim.schemes.gradient_scheme import MOMENT_WORDS, OPTIMISER_RATES, OPTIMISER_WORK
from archsim.schemes.stream_unit import StreamScheme
from archsim.trace.lower import Stage
from archsim.trace.operation import Operation

if TYPE_CHECKING:
    import numpy as np

    from archsim.schemes.rule import LayerState, UpdateRule


@register
class Essop(StreamScheme):
    """Scales are powers of two, so a value of any size becomes a stream by a shift; one random number serves all lines of a side.

    The gradient of an image is scale x (coincidences counted up or down); a digital optimiser (SGD as published) works on the sum over
    a mini-batch and the devices whose weight changed are written. Stream length and the exact shift rule are not published.
    """

    name: ClassVar[str] = "essop"
    title: ClassVar[str] = "stochastic outer product with shared random numbers, power-of-two scales"
    source: ClassVar[str] = "Joshi et al., ISCAS 2020 (arXiv 2003.11256); US patent 11436302"
    practice: ClassVar[dict[str, Any]] = {"learning_rate": 0.1, "batch": 8}
    optimiser_rates: ClassVar[dict[str, float]] = OPTIMISER_RATES
    trial: ClassVar[dict[str, Any]] = {"learning_rate": 0.5, "scheme_settings": {"length": 256}}

    stream_source: Literal["lfsr", "sobol"] = "lfsr"
    optimiser: Literal["sgd", "momentum", "adam"] = "sgd"
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    beta1: Annotated[float, Field(ge=0, lt=1)] = 0.9
    beta2: Annotated[float, Field(ge=0, lt=1)] = 0.999
    epsilon: Annotated[float, Field(gt=0, le=1)] = 1e-8
    weight_decay: Annotated[float, Field(ge=0, le=1)] = 0.0

    @property
    def generator(self) -> str:
        return self.stream_source

    def image_work(self, outputs: int, inputs: int, vectors: int) -> dict[str, float]:
        """Vector-unit actions an image: the largest magnitude of both sides, and the shifted counts added to the gradient."""
        return {"compare": (outputs + inputs) * vectors, "add": outputs * inputs}

    def image_update(self, stage: Stage) -> list[Operation]:
        shape = stage.matrix
        return [self.outer_product(stage, self.image_work(shape.columns * shape.groups, shape.rows + shape.bias, shape.vectors))]

    def batch_update(self, stage: Stage, batch: int) -> list[Operation]:
        words = 2 + MOMENT_WORDS[self.optimiser]
        return [optimiser_step(stage, OPTIMISER_WORK[self.optimiser], words), program_weights(stage)]

    def rule(self, layers: Sequence[LayerState], rate: float, batch: int, seed: int) -> UpdateRule:
        from archsim.schemes.essop_rule import EssopRule

        return EssopRule(self, layers, rate, batch, seed)

    def reference_change(self, layer: LayerState, inputs: np.ndarray, errors: np.ndarray, rate: float, seed: int, step: int) -> np.ndarray:
        from archsim.schemes.essop_rule import reference_change

        return reference_change(self, layer.weights, inputs, errors, rate)

    def state_words(self, stages: list[Stage]) -> dict[str, float]:
        weights = float(sum(s.matrix.trained for s in stages if s.on_array))
        words = {"digital weights": weights, "gradient": weights}
        if MOMENT_WORDS[self.optimiser]:
            words["moments"] = MOMENT_WORDS[self.optimiser] * weights
        return words
