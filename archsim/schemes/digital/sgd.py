"""Digital mini-batch SGD, momentum or Adam: gradients and moments in the vector unit. Its weights
stand on arrays and are rewritten each batch, or in memory: the digital baseline.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from archsim.schemes.base import Scheme, register
from archsim.schemes.shared.gradient_scheme import GradientScheme
from archsim.schemes.tuned import Tuned
from archsim.trace.building_blocks import digital_backward, digital_forward, program_weights
from archsim.trace.layer_matrix import LayerMatrix
from archsim.trace.lower import Stage
from archsim.trace.operation import Operation
from hwlib.effects import OTHER_MACHINE


@register
class DigitalSgd(GradientScheme):
    """`weights_in` "arrays": weights are programmed into devices after every batch and read through
    the chip's converters in both cycles. "memory": the digital baseline, a machine of its own.
    Weights lie in the chip's memory (off the chip where that is too small), both cycles are products
    on the multiply-accumulate lanes of the vector unit, and there are no tiles.
    """

    name: ClassVar[str] = "sgd"
    title: ClassVar[str] = (
        "digital mini-batch SGD, momentum or Adam; all devices rewritten after each batch, or no "
        "devices at all (weights_in=memory)"
    )
    source: ClassVar[str] = "baseline; Adam: Kingma & Ba, ICLR 2015"
    references: ClassVar[tuple[str, ...]] = ("kingma2015", "loshchilov2019")
    trains_biases: ClassVar[bool] = True
    algorithm: ClassVar[str] = "archsim.schemes.shared.digital_rule:DigitalRule"
    reference: ClassVar[str] = "archsim.schemes.shared.digital_rule:reference_change"

    practice: ClassVar[dict[str, Any]] = {"learning_rate": 0.1, "batch": 8}
    # Programming without error shows the targets themselves.
    trial: ClassVar[dict[str, Any]] = {
        "learning_rate": 0.5,
        "device_settings": {"program_error": 0.0},
    }
    variants: ClassVar[dict[str, dict[str, dict[str, Any]]]] = {
        "memory": {
            "practice": {"scheme_settings": {"weights_in": "memory"}},
            "trial": {"device_settings": {}, "scheme_settings": {"weights_in": "memory"}},
        }
    }

    # Decay: Loshchilov & Hutter 2019; first weights: what bounds of devices decide elsewhere.
    tuned: ClassVar[tuple[Tuned, ...]] = (
        Tuned("weight_decay", 1e-6, 1e-3, "log"),
        Tuned("training.initial_scale", 0.5, 2.0, "log"),
    )

    weights_in: Annotated[Literal["arrays", "memory"], OTHER_MACHINE] = "arrays"

    @property
    def digital_baseline(self) -> bool:  # type: ignore[override]  # a choice here, a constant elsewhere
        return self.weights_in == "memory"

    @property
    def transposed_read(self) -> bool:  # type: ignore[override]  # a choice here, a constant elsewhere
        return super().transposed_read and not self.digital_baseline

    @property
    def unused(self) -> frozenset[str]:
        return super().unused | ({"backward_in"} if self.digital_baseline else frozenset())

    @property
    def core(self) -> str:
        """Plain SGD off the arrays is the core's own; settings that it has no use for (the moments
        of other optimisers) do not change what trains it.
        """
        plain = self.digital_baseline and self.optimiser == "sgd" and not self.weight_decay
        own = type(self).rule is Scheme.rule and self.algorithm == DigitalSgd.algorithm
        return "float" if plain and own else super().core

    def forward(self, stage: Stage, operation: Operation) -> Operation:
        return digital_forward(stage, operation) if self.digital_baseline else operation

    def backward(self, stage: Stage, first: bool) -> list[Operation]:
        if self.digital_baseline and not first:
            return [digital_backward(stage)]
        return super().backward(stage, first)

    def weights_matrix(self, stage: Stage) -> LayerMatrix | None:
        return None if self.digital_baseline else super().weights_matrix(stage)

    def setup_operations(self, stages: list[Stage]) -> list[Operation]:
        return [] if self.digital_baseline else super().setup_operations(stages)

    def batch_update(self, stage: Stage, batch: int) -> list[Operation]:
        step = self.digital_step(stage, {})
        return [step] if self.digital_baseline else [step, program_weights(stage)]
