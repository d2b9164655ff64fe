"""LNS-Madam: weights in a logarithmic number system, updated by whole steps of the exponent (Zhao
et al. 2022).
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from archsim.schemes.base import register
from archsim.schemes.shared.gradient_scheme import GradientOnArray
from archsim.schemes.tuned import Tuned
from archsim.trace.building_blocks import optimiser_step, program_weights
from archsim.trace.lower import Stage
from archsim.trace.operation import Operation
from hwlib.effects import COMPUTED


@register
class LnsMadam(GradientOnArray):
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
    trains_biases: ClassVar[bool] = True
    algorithm: ClassVar[str] = "archsim.schemes.digital.algorithms.lns_madam_rule:LnsMadamRule"
    reference: ClassVar[str] = "archsim.schemes.digital.algorithms.lns_madam_rule:first_steps"
    practice: ClassVar[dict[str, Any]] = {"learning_rate": 1 / 32, "batch": 8, "initial_scale": 4.0}
    trial: ClassVar[dict[str, Any]] = {
        "learning_rate": 0.25,
        "device_settings": {"program_error": 0.0},
    }
    # Decay of the second moment: the authors' code; first weights: a multiplicative rule never leaves
    # its signs, so their size decides what is reached.
    tuned: ClassVar[tuple[Tuned, ...]] = (
        Tuned("decay", choices=(0.9, 0.99, 0.999)),
        Tuned("training.initial_scale", 1.0, 8.0, "log"),
    )

    # A weight and batch: the second moment, the normalised gradient and its clamp, the step of the
    # exponent (an integer add and its clamp), the linear value by a table.
    weight_work: ClassVar[dict[str, float]] = {
        "multiply": 1,
        "multiply_add": 1,
        "square_root": 1,
        "divide": 1,
        "compare": 2,
        "add": 1,
        "lookup": 1,
    }

    decay: Annotated[float, Field(gt=0, lt=1), COMPUTED] = 0.999
    clamp: Annotated[float, Field(gt=0, le=1000), COMPUTED] = 10.0
    largest: Annotated[float, Field(gt=0, le=1000), COMPUTED] = 3.0
    octaves: Annotated[int, Field(ge=1, le=64), COMPUTED] = 16

    @property
    def verified_range(self) -> float:  # type: ignore[override]  # follows a setting, a constant elsewhere
        # |W| ends at `largest` times the root mean square of the first weights, which are uniform:
        # the largest first weight is the root of 3 of them
        return self.largest / 3**0.5

    def batch_update(self, stage: Stage, batch: int) -> list[Operation]:
        return [optimiser_step(stage, self.weight_work, 3), program_weights(stage)]

    def state_words(self, stages: list[Stage]) -> dict[str, float]:
        weights = float(sum(s.matrix.trained for s in stages if s.on_array))
        return {"exponents": weights, "second moment": weights, "gradient": weights}
