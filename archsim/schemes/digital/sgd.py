"""Digital mini-batch SGD, momentum or Adam: gradients and moments in the vector unit, weights
rewritten each batch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from archsim.schemes.base import Scheme, register
from archsim.schemes.shared.gradient_scheme import GradientScheme
from archsim.schemes.tuned import Tuned
from archsim.trace.building_blocks import program_weights
from archsim.trace.lower import Stage
from archsim.trace.operation import Operation

if TYPE_CHECKING:
    pass


@register
class DigitalSgd(GradientScheme):
    """Every weight is written after every batch: the baseline of all ratios."""

    name: ClassVar[str] = "sgd"
    title: ClassVar[str] = (
        "digital mini-batch SGD, momentum or Adam; all devices rewritten after each batch"
    )
    source: ClassVar[str] = "baseline; Adam: Kingma & Ba, ICLR 2015"
    references: ClassVar[tuple[str, ...]] = ("kingma2015", "loshchilov2019")
    algorithm: ClassVar[str] = "archsim.schemes.shared.digital_rule:DigitalRule"
    reference: ClassVar[str] = "archsim.schemes.shared.digital_rule:reference_change"

    digital_baseline: ClassVar[bool] = True
    practice: ClassVar[dict[str, Any]] = {"learning_rate": 0.1, "batch": 8}
    trial: ClassVar[dict[str, Any]] = {"learning_rate": 0.5}
    # Decay: Loshchilov & Hutter 2019; first weights: what bounds of devices decide elsewhere.
    tuned: ClassVar[tuple[Tuned, ...]] = (
        Tuned("weight_decay", 1e-6, 1e-3, "log"),
        Tuned("training.initial_scale", 0.5, 2.0, "log"),
    )

    @property
    def core(self) -> str:
        """Plain SGD is the core's own; settings that it has no use for (the moments of other
        optimisers) do not change what trains it.
        """
        plain = self.optimiser == "sgd" and not self.weight_decay and self.backward_in == "array"
        own = type(self).rule is Scheme.rule and self.algorithm == DigitalSgd.algorithm
        return "float" if plain and own else super().core

    def batch_update(self, stage: Stage, batch: int) -> list[Operation]:
        return [self.digital_step(stage, {}), program_weights(stage)]
