"""Dynamic stochastic computing: one random bit a value and step, every weight an up-down counter
(Liu, Gross & Han 2020).
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from archsim.schemes.base import register
from archsim.schemes.streams.stream_unit import StreamScheme
from archsim.schemes.tuned import Tuned
from archsim.trace.building_blocks import program_weights
from archsim.trace.lower import Stage
from archsim.trace.operation import Operation
from hwlib.effects import COMPUTED, FINER, OTHER_MACHINE, Effects


@register
class DynamicStochastic(StreamScheme):
    """A weight moves by counts of 2^-step_bits where the bits of input and error meet; inputs and
    errors are clipped to 1.

    error_parts "separate" (published): target and output (one-hot and softmax; the paper does not
    state its output error) go back as two errors; each weight has two multipliers, and bits of both
    parts, drawn with one random number, move its counter up and down.
    "difference": one error, one multiplier. Both agree in distribution where the parts have
    opposite signs and do not clip.

    Errors of a mini-batch of B are multiplied by (learning rate / B) x 2^step_bits first (1 at the
    published batch 1 and rate 2^-10), so that the expected step is that of the learning rate. That
    factor may not exceed 1 where parts are separate: outputs that clip beside a clipped target
    teach nothing. step_bits 0: the least power of two that is not below rate / B.
    """

    name: ClassVar[str] = "dsc"
    title: ClassVar[str] = (
        "dynamic stochastic computing: one bit a value and step, weights in up-down counters"
    )
    source: ClassVar[str] = "Liu, Gross & Han, IEEE Circuits and Systems Magazine, Q3 2020"
    references: ClassVar[tuple[str, ...]] = ("liu2020",)
    trains_biases: ClassVar[bool] = True
    algorithm: ClassVar[str] = "archsim.schemes.streams.algorithms.dsc_rule:DynamicRule"
    reference: ClassVar[str] = "archsim.schemes.streams.algorithms.dsc_rule:reference_change"
    # A device is written after every image, each time with its error: precision counts for more than
    # room (the study that `Scheme.verified_range` names).
    verified_range: ClassVar[float] = 2.0
    practice: ClassVar[dict[str, Any]] = {"learning_rate": 2.0**-9, "batch": 1, "epochs": 10}
    trial: ClassVar[dict[str, Any]] = {
        "learning_rate": 0.25,
        "device_settings": {"program_error": 0.0},
        "scheme_settings": {"step_bits": 4},
    }
    # Whether target and output go back one by one or as a difference; first weights: how far they
    # stand from the ends of the counters.
    tuned: ClassVar[tuple[Tuned, ...]] = (
        Tuned("error_parts", choices=("separate", "difference")),
        Tuned("training.initial_scale", 0.5, 2.0, "log"),
    )
    variants: ClassVar[dict[str, dict[str, dict[str, Any]]]] = {
        "difference": {
            "practice": {"scheme_settings": {"error_parts": "difference"}},
            "trial": {"scheme_settings": {"error_parts": "difference", "step_bits": 4}},
        }
    }

    counters_saturate: ClassVar[bool] = True
    error_parts: Annotated[Literal["separate", "difference"], OTHER_MACHINE] = "separate"
    length: Literal[1] = 1
    encoding: Literal["sign_magnitude"] = "sign_magnitude"
    stream_source: Annotated[
        Literal["ideal", "lfsr", "sobol"], Effects(area="any", energy="any", accuracy="any")
    ] = "lfsr"
    counter_bits: Annotated[int, Field(ge=4, le=32), FINER] = 16
    step_bits: Annotated[int, Field(ge=0, le=20), COMPUTED] = 0

    @property
    def output_errors(self) -> int:  # type: ignore[override]  # a choice here, a constant elsewhere
        return 2 if self.error_parts == "separate" else 1

    @property
    def generator(self) -> str:
        return self.stream_source

    def image_work(self, outputs: int, inputs: int, groups: int, vectors: int) -> dict[str, float]:
        """Vector-unit actions an image: the scaled errors, and the counts added to the weights."""
        return {
            "multiply": outputs * groups * vectors * self.output_errors,
            "add": outputs * inputs * groups,
        }

    def batch_update(self, stage: Stage, batch: int) -> list[Operation]:
        return [program_weights(stage)]

    def state_words(self, stages: list[Stage]) -> dict[str, float]:
        return {"weight counters": float(sum(s.matrix.trained for s in stages if s.on_array))}
