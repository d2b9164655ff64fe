"""Mixed precision: gradients accumulate digitally, a device is written only past a threshold, with
verify (Wu 2023) or by blind pulses (Nandakumar 2020)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from archsim.schemes.base import register
from archsim.schemes.shared.gradient_scheme import GradientScheme
from archsim.schemes.tuned import Tuned
from archsim.trace.building_blocks import program_weights
from archsim.trace.lower import Stage
from archsim.trace.operation import Operation
from hwlib.effects import COMPUTED, OTHER_WORK, SLOWER

# The settings of Nandakumar 2020.
NANDAKUMAR = {"writing": "pulses", "backward_in": "array", "optimiser": "sgd", "weight_decay": 0.0}
# A first pulse of a phase-change device is nine times the mean step that the accumulator gives up
# for it: a larger rate overshoots.
BLIND_RATE = 0.02


@register
class MixedPrecision(GradientScheme):
    """Forward on the array, backward from the high-precision copy, Adam, then a compare and few
    writes.

    `threshold` is the programming granularity as a share of the device window (1/3: the four levels
    of the LeNet chip); an accumulator is set to zero after a write, or keeps what the write did not
    carry. `accumulate` false is the naive scheme of the paper's comparison: every batch programs
    every device to where it stands plus the optimiser's step.
    `devices_written` is the share of weights programmed a batch until it is measured: Wu 2023 gives
    10.8 updates a weight in 5,200 batches.

    `writing` "pulses" is the scheme of Nandakumar 2020: where an accumulator exceeds the mean step
    of a device, as many pulses as it holds whole steps, without verify, and it keeps the rest;
    exact weights take `threshold` for that step. The paper reads its devices in both cycles
    (`backward_in` "array") and uses plain SGD on phase-change pairs (device `pcm`).
    """

    name: ClassVar[str] = "mixed_precision"
    title: ClassVar[str] = (
        "digital accumulation, devices written past a threshold: set-reset with verify, or blind pulses"
    )
    device: ClassVar[str] = "bulk_rram_2bit"
    source: ClassVar[str] = (
        "Wu et al., Adv. Mater. 35, 2305465 (2023), Sec. 2.1 and 2.5; Nandakumar et al., Front. "
        "Neurosci. 14:406 (2020)"
    )
    references: ClassVar[tuple[str, ...]] = (
        "wu2023",
        "nandakumar2020",
        "kingma2015",
        "loshchilov2019",
    )
    trains_biases: ClassVar[bool] = True
    algorithm: ClassVar[str] = (
        "archsim.schemes.digital.algorithms.mixed_precision_rule:ThresholdRule"
    )
    reference: ClassVar[str] = (
        "archsim.schemes.digital.algorithms.mixed_precision_rule:reference_change"
    )

    # The paper's rate of Adam, with a mini-batch that gives small data sets enough steps (the
    # paper: 64).
    practice: ClassVar[dict[str, Any]] = {"learning_rate": 0.004, "batch": 8, "epochs": 4}
    optimiser_rates: ClassVar[dict[str, float]] = {"sgd": 0.1}
    # A first step of Adam is the rate: past the threshold. Programming without error shows the
    # targets themselves, and the window of the device's file is far from all of them.
    trial: ClassVar[dict[str, Any]] = {
        "learning_rate": 0.4,
        "weight_range": "device",
        "device_settings": {"program_error": 0.0},
    }
    # When a device is written (Wu 2023); first weights: how far they stand from the window's ends.
    tuned: ClassVar[tuple[Tuned, ...]] = (
        Tuned("threshold", 0.1, 1.0, "log"),
        Tuned("training.initial_scale", 0.5, 2.0, "log"),
    )

    variants: ClassVar[dict[str, dict[str, dict[str, Any]]]] = {
        "pulses": {
            "practice": {
                "learning_rate": BLIND_RATE,
                "epochs": 6,
                "device": "pcm",
                "scheme_settings": NANDAKUMAR,
            },
            "trial": {
                "learning_rate": 0.2,
                "device": "pcm",
                "device_settings": {"pulse_noise": 0.0},
                "scheme_settings": NANDAKUMAR,
            },
        }
    }

    optimiser: Annotated[Literal["sgd", "momentum", "adam"], OTHER_WORK] = "adam"
    backward_in: Annotated[Literal["array", "vector_unit"], OTHER_WORK] = "vector_unit"
    devices_written: Annotated[float, Field(ge=0, le=1), SLOWER] = 10.8 / 5200
    threshold: Annotated[float, Field(gt=0, le=10), COMPUTED] = 1 / 3
    keep_remainder: Annotated[bool, COMPUTED] = False
    accumulate: Annotated[bool, COMPUTED] = True
    writing: Annotated[Literal["verify", "pulses"], OTHER_WORK] = "verify"
    weight_decay: Annotated[float, Field(ge=0, le=1), COMPUTED] = 1e-4

    @property
    def suggested(self) -> dict[str, float | int]:
        return super().suggested | (
            {"learning_rate": BLIND_RATE} if self.writing == "pulses" else {}
        )

    @property
    def unused(self) -> frozenset[str]:
        if self.writing == "pulses":
            return super().unused | {"keep_remainder", "accumulate"}
        return super().unused | (set() if self.accumulate else {"threshold", "keep_remainder"})

    def unused_on(self, device: Collection[str] | None) -> frozenset[str]:
        # blind pulses of devices are counted in their own steps
        counted = self.writing == "pulses" and device is not None
        return super().unused_on(device) | ({"threshold"} if counted else set())

    def batch_update(self, stage: Stage, batch: int) -> list[Operation]:
        blind = self.writing == "pulses"
        write = program_weights(stage, self.devices_written, verify_reads=0.0 if blind else 1.0)
        if blind:
            write = replace(write, activity=replace(write.activity, write_pulses=1.0))
        return [self.digital_step(stage, {"add": 1, "compare": 1}), write]

    @property
    def has_copy(self) -> bool:
        """Whether a digital copy of the weights is kept: blind pulses need none of their own."""
        return (
            self.writing == "verify" or self.backward_in == "vector_unit" or self.weight_decay > 0
        )

    @property
    def keeps_biases(self) -> bool:
        return self.has_copy

    def state_words(self, stages: list[Stage]) -> dict[str, float]:
        words = super().state_words(stages)
        if not self.has_copy:
            del words["digital weights"]
        return words | {"accumulator": words["gradient"]}
