"""RPU: all three cycles in the crossbar; the update is a coincidence of stochastic pulse trains
(Gokmen 2016, 2017).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from archsim.schemes.base import register
from archsim.schemes.shared.backward import ArrayBackward
from archsim.schemes.shared.train_generators import train_generators
from archsim.schemes.tuned import Tuned
from archsim.trace.lower import Stage
from archsim.trace.operation import Operation
from hwlib.effects import OTHER_WORK

if TYPE_CHECKING:
    from archsim.chip.config import Architecture


@register
class Rpu(ArrayBackward):
    """One rank-1 update in the array for every vector of the forward pass; no digital copy of the
    weights.
    """

    name: ClassVar[str] = "rpu"
    title: ClassVar[str] = (
        "stochastic pulse trains on rows and columns, forward, backward and update in the array"
    )
    source: ClassVar[str] = "Gokmen & Vlasov 2016; Gokmen, Onen & Haensch 2017"
    references: ClassVar[tuple[str, ...]] = ("gokmen2016", "gokmen2017")
    reference: ClassVar[str] = "archsim.schemes.pulsed.algorithms.rpu_reference:reference_change"
    default_chip: ClassVar[str] = "rpu"

    device: ClassVar[str] = "gokmen2016"
    practice: ClassVar[dict[str, Any]] = {"learning_rate": 0.01}
    # Equal bounds: none of the weights of the trial reaches one.
    trial: ClassVar[dict[str, Any]] = {
        "learning_rate": 0.2,
        "device_settings": {"upper_spread": 0.0, "lower_spread": 0.0},
    }
    # Update management: Gokmen 2017; first weights: how far they stand from the bounds.
    tuned: ClassVar[tuple[Tuned, ...]] = (
        Tuned("update_management", choices=(True, False)),
        Tuned("training.initial_scale", 0.5, 2.0, "log"),
    )

    update_management: Annotated[bool, OTHER_WORK] = True

    @property
    def core(self) -> str:
        return super().core or "rpu"

    def image_update(self, stage: Stage) -> list[Operation]:
        shape = stage.matrix
        ends = (shape.rows + shape.columns) * shape.groups
        # Update management needs the largest |x| and |d| of the vector before its pulse
        # probabilities are set.
        work: dict[str, float] = {"multiply": ends}
        if self.update_management:
            work = {"compare": ends, "multiply": ends}
        return [
            Operation(
                name=f"{stage.name}.update",
                layer=stage.name,
                phase="update",
                kind="pulse_update",
                steps=shape.vectors,
                input_elements=ends,
                vector_work=work,
            )
        ]

    def batch_update(self, stage: Stage, batch: int) -> list[Operation]:
        return []

    def parts(self, chip: Architecture) -> dict[str, dict]:
        return train_generators(chip)
