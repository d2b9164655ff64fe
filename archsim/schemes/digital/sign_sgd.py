"""signSGD by blind pulses: every device is moved by the same amount in the direction of its gradient,
or of its momentum (Bernstein 2018; on memristors: Prezioso 2015).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, ClassVar

from pydantic import Field

from archsim.schemes.base import register
from archsim.schemes.shared.gradient_scheme import GradientOnArray
from archsim.schemes.tuned import Tuned
from archsim.trace.building_blocks import optimiser_step, program_weights
from archsim.trace.lower import Stage
from archsim.trace.operation import Operation
from hwlib.effects import OTHER_WORK


@register
class SignSgd(GradientOnArray):
    """m <- momentum m + (1 - momentum) g, then W += rate sign(m): Signum, and without momentum
    signSGD, on memristors the Manhattan rule.

    The rate is the length of every step. In units of a device's mean pulse step it is a number of
    pulses, whose part below one is a pulse by chance: the same for all devices, so a row driver
    needs no train of its own, and nothing is read or verified. A weight whose gradient is exactly
    zero (a dead line) is left alone. Bernstein et al. vote over workers; one chip has one vote.

    The suggested settings train digits_cnn on the digits (seeds 1 to 3) to a test error of 1.4 to 4.2 %,
    without momentum 5.0 to 8.3 %: steps of one length need it.
    """

    name: ClassVar[str] = "sign_sgd"
    title: ClassVar[str] = (
        "signSGD with momentum: equal blind pulses in the direction of the gradient"
    )
    source: ClassVar[str] = (
        "Bernstein et al., ICML 2018 (arXiv 1802.04434); on memristors: Prezioso et al., Nature 521 (2015)"
    )
    references: ClassVar[tuple[str, ...]] = ("bernstein2018", "prezioso2015")
    trains_biases: ClassVar[bool] = True
    algorithm: ClassVar[str] = "archsim.schemes.digital.algorithms.sign_sgd_rule:SignRule"
    reference: ClassVar[str] = "archsim.schemes.digital.algorithms.sign_sgd_rule:reference_change"
    device: ClassVar[str] = "ecram"
    practice: ClassVar[dict[str, Any]] = {"learning_rate": 0.002, "batch": 8, "epochs": 5}
    # Steps of 0.01, three of four devices: the chance shows. Equal bounds: none reaches one.
    trial: ClassVar[dict[str, Any]] = {
        "learning_rate": 0.0075,
        "device_settings": {"pulse_step": 0.01, "upper_spread": 0.0, "lower_spread": 0.0},
    }
    # Signum: Bernstein et al. 2018.
    tuned: ClassVar[tuple[Tuned, ...]] = (
        Tuned("momentum", choices=(0.0, 0.5, 0.9, 0.95)),
        Tuned("training.initial_scale", 0.5, 2.0, "log"),
    )
    variants: ClassVar[dict[str, dict[str, dict[str, Any]]]] = {
        "plain": {
            "practice": {"scheme_settings": {"momentum": 0.0}},
            "trial": {"learning_rate": 0.0275, "scheme_settings": {"momentum": 0.0}},
        }
    }

    momentum: Annotated[float, Field(ge=0, lt=1), OTHER_WORK] = 0.9

    @property
    def weight_work(self) -> dict[str, float]:
        """A weight and batch: the momentum, and whether a pulse is due."""
        return {"multiply": 1, "multiply_add": 1, "compare": 1} if self.momentum else {"compare": 1}

    @property
    def keeps_biases(self) -> bool:
        return False

    def batch_update(self, stage: Stage, batch: int) -> list[Operation]:
        # Every device, once: what training measures instead depends on the rate.
        write = program_weights(stage, verify_reads=0.0)
        write = replace(write, activity=replace(write.activity, write_pulses=1.0))
        words = 2 if self.momentum else 1
        return [optimiser_step(stage, self.weight_work, words), write]

    def state_words(self, stages: list[Stage]) -> dict[str, float]:
        weights = float(sum(stage.matrix.trained for stage in stages if stage.on_array))
        return {"gradient": weights} | ({"momentum": weights} if self.momentum else {})
