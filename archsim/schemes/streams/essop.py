"""ESSOP: the outer product of the weight update from stochastic streams whose random numbers are
shared (Joshi 2020).
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from archsim.schemes.base import register
from archsim.schemes.shared.optimiser import DigitalOptimiser
from archsim.schemes.streams.stream_unit import StreamScheme
from archsim.schemes.tuned import Tuned
from archsim.trace.building_blocks import program_weights
from archsim.trace.lower import Stage
from archsim.trace.operation import Operation
from hwlib.effects import Effects


@register
class Essop(StreamScheme, DigitalOptimiser):
    """Scales are powers of two, so a value of any size becomes a stream by a shift; one random
    number serves all lines of a side.

    The gradient of an image is scale x (coincidences counted up or down); a digital optimiser (SGD
    as published) works on the sum over a mini-batch and the devices whose weight changed are
    written. Stream length and the exact shift rule are not published.
    """

    name: ClassVar[str] = "essop"
    title: ClassVar[str] = (
        "stochastic outer product with shared random numbers, power-of-two scales"
    )
    source: ClassVar[str] = "Joshi et al., ISCAS 2020 (arXiv 2003.11256); US patent 11436302"
    references: ClassVar[tuple[str, ...]] = ("joshi2020",)
    trains_biases: ClassVar[bool] = True
    algorithm: ClassVar[str] = "archsim.schemes.streams.algorithms.essop_rule:EssopRule"
    reference: ClassVar[str] = "archsim.schemes.streams.algorithms.essop_rule:reference_change"
    practice: ClassVar[dict[str, Any]] = {"learning_rate": 0.1, "batch": 8}
    trial: ClassVar[dict[str, Any]] = {
        "learning_rate": 0.5,
        "device_settings": {"program_error": 0.0},
        "scheme_settings": {"length": 256},
    }
    # The length of its streams is not published.
    tuned: ClassVar[tuple[Tuned, ...]] = (
        Tuned("length", 4, 32, "log"),
        Tuned("weight_decay", 1e-6, 1e-3, "log"),
    )

    stream_source: Annotated[
        Literal["ideal", "lfsr", "sobol"], Effects(area="any", energy="any", accuracy="any")
    ] = "lfsr"

    @property
    def generator(self) -> str:
        return self.stream_source

    def batch_update(self, stage: Stage, batch: int) -> list[Operation]:
        return [self.digital_step(stage, {}), program_weights(stage)]
