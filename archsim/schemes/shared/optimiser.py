"""The optimiser half of a scheme: what stands between the gradient of a mini-batch and the change
of the weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from archsim.operators.digital_work import merge
from archsim.schemes.base import Scheme
from archsim.trace.building_blocks import optimiser_step
from archsim.trace.lower import Stage
from archsim.trace.operation import Operation
from hwlib.effects import COMPUTED, OTHER_MACHINE

# Operations a weight: textbook forms (Kingma & Ba 2015 for Adam, bias correction folded into the
# rate).
OPTIMISER_WORK: dict[str, dict[str, float]] = {
    "sgd": {"multiply_add": 1},
    "momentum": {"multiply": 1, "multiply_add": 2},
    "adam": {"multiply": 3, "multiply_add": 3, "square_root": 1, "divide": 1},
}


class OptimiserScheme(Scheme):
    """A gradient and a digital copy of every weight, and what the optimiser keeps beside them:
    `kept_words` a weight, named `kept`.
    """

    kept: ClassVar[str] = "moments"
    kept_words: ClassVar[dict[str, int]] = {"sgd": 0, "momentum": 1, "adam": 2}
    # beside SGD's 0.1: with momentum 0.9 a tenth of it moves a weight as far; Adam's is the one of
    # its authors
    optimiser_rates: ClassVar[dict[str, float]] = {"momentum": 0.01, "adam": 0.001}

    optimiser: Annotated[Literal["sgd", "momentum", "adam"], OTHER_MACHINE] = "sgd"

    @property
    def weight_work(self) -> dict[str, float]:
        """Actions of the vector unit a weight and batch: what is priced, and what the rule counts."""
        return OPTIMISER_WORK[self.optimiser]

    @property
    def optimiser_words(self) -> int:
        """Words a weight that the optimiser reads and writes: gradient, copy and what it keeps."""
        return 2 + self.kept_words[self.optimiser]

    def state_words(self, stages: list[Stage]) -> dict[str, float]:
        weights = float(sum(s.matrix.trained for s in stages if s.on_array))
        words = {"digital weights": weights, "gradient": weights}
        if self.kept_words[self.optimiser]:
            words[self.kept] = self.kept_words[self.optimiser] * weights
        return words


class DigitalOptimiser(OptimiserScheme):
    """The optimiser works in the vector unit, with its textbook constants; `weight_decay` is
    decoupled (Loshchilov & Hutter 2019).
    """

    momentum: Annotated[float, Field(ge=0, lt=1), COMPUTED] = 0.9
    beta1: Annotated[float, Field(ge=0, lt=1), COMPUTED] = 0.9
    beta2: Annotated[float, Field(ge=0, lt=1), COMPUTED] = 0.999
    epsilon: Annotated[float, Field(gt=0, le=1), COMPUTED] = 1e-8
    weight_decay: Annotated[float, Field(ge=0, le=1), COMPUTED] = 0.0

    @property
    def unused(self) -> frozenset[str]:
        own: dict[str, set[str]] = {
            "sgd": set(),
            "momentum": {"momentum"},
            "adam": {"beta1", "beta2", "epsilon"},
        }
        used = own.pop(self.optimiser)
        return super().unused | set().union(*own.values()) - used

    @property
    def layer_work(self) -> dict[str, float]:
        return self.weight_work

    @property
    def layer_words(self) -> int:
        return self.optimiser_words

    def digital_step(self, stage: Stage, further: Mapping[str, float]) -> Operation:
        """The optimiser over all weights of a layer, once a batch, with `further` actions a weight."""
        return optimiser_step(stage, merge(self.weight_work, dict(further)), self.optimiser_words)
