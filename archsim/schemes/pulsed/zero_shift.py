"""Zero-shifting: the symmetry point of every device is programmed into a reference array before a
pulsed training (Kim 2019).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, ClassVar

from pydantic import Field

from archsim.chip.standard import STANDARD_CHIP
from archsim.schemes.base import register
from archsim.schemes.pulsed.rpu import Rpu
from archsim.schemes.tuned import Tuned
from archsim.trace.building_blocks import (
    copy_to_reference,
    initial_weights,
    reference_array,
    symmetry_pulses,
    with_length,
)
from archsim.trace.layer_matrix import LayerMatrix
from archsim.trace.lower import Stage
from archsim.trace.operation import Operation
from hwlib.effects import COMPUTED, MORE_WORK


@register
class ZeroShift(Rpu):
    """`pulses` alternating pulses drive every device to its symmetry point; it is read line by
    line through the chip's output converter (with `read_noise`; None: the noise of the chip's
    outputs) and written into a reference device (with `program_error`); from then on a weight is
    the difference of the two, and the pulsed update is that of `rpu`.

    Both arrays are driven and read together in every cycle (silicon: `common.reference_array`). The
    pulses, one read and one write a device are paid once, before the first image. All errors in
    weight units.
    """

    name: ClassVar[str] = "zero_shift"
    title: ClassVar[str] = (
        "symmetry points programmed into a reference array, then stochastic pulse trains"
    )
    source: ClassVar[str] = "Kim et al., arXiv 1907.10228 (2019)"
    references: ClassVar[tuple[str, ...]] = ("kim2019",)
    algorithm: ClassVar[str] = "archsim.schemes.pulsed.algorithms.zero_shift_rule:ZeroShiftRule"
    reference: ClassVar[str] = "archsim.schemes.pulsed.algorithms.zero_shift_rule:reference_change"
    device: ClassVar[str] = "soft_bounds_asymmetric"
    default_chip: ClassVar[str] = STANDARD_CHIP
    practice: ClassVar[dict[str, Any]] = {"learning_rate": 0.02, "epochs": 6}
    # Equal bounds: none of the weights of the trial reaches one.
    trial: ClassVar[dict[str, Any]] = {
        "learning_rate": 0.2,
        "scheme_settings": {"pulses": 10},
        "device_settings": {"upper_spread": 0.0, "lower_spread": 0.0},
    }
    # Pulses to the symmetry point: Kim 2019; length of the trains: Gokmen & Vlasov 2016.
    tuned: ClassVar[tuple[Tuned, ...]] = (
        Tuned("pulses", 200, 20_000, "log"),
        Tuned("train_length", 5, 40, "log"),
    )

    pulses: Annotated[int, Field(ge=0, le=1_000_000), MORE_WORK] = 4000
    read_noise: Annotated[Annotated[float, Field(ge=0, le=100)] | None, COMPUTED] = None
    program_error: Annotated[float, Field(ge=0, le=100), COMPUTED] = 0.0
    train_length: Annotated[int, Field(ge=1, le=64), MORE_WORK] = 31

    @property
    def remarks(self) -> tuple[str, ...]:
        return (
            ()
            if self.pulses
            else (
                "pulses is 0: nothing is shifted, the reference stays at zero; not the rule of the "
                "scheme's source",
            )
        )

    def arrays(self, stages: list[Stage]) -> list[LayerMatrix]:
        return [reference_array(stage, stage.name) for stage in stages if stage.on_array]

    def forward_read(self, operation: Operation) -> Operation:
        return replace(operation, against=f"{operation.layer}.reference")

    def backward(self, stage: Stage, first: bool) -> list[Operation]:
        return [
            self.forward_read(op) if op.kind != "digital" else op
            for op in super().backward(stage, first)
        ]

    def image_update(self, stage: Stage) -> list[Operation]:
        return [
            with_length(operation, self.train_length) for operation in super().image_update(stage)
        ]

    def setup_operations(self, stages: list[Stage]) -> list[Operation]:
        operations = []
        for stage in (stage for stage in stages if stage.on_array):
            if self.pulses:
                operations += [
                    symmetry_pulses(stage, stage.name, self.pulses),
                    *copy_to_reference(stage, stage.name),
                ]
            operations.append(initial_weights(stage))
        return operations
