"""What a trace asks of an update rule. The rules stand above traces and know them; a trace knows no
rule, only this.
"""

from __future__ import annotations

from typing import Any, ClassVar, Protocol

from archsim.trace.layer_matrix import LayerMatrix
from archsim.trace.lower import Stage
from archsim.trace.operation import Operation


class StepRule(Protocol):
    """The hardware face of an update rule, as far as a training step is built from it; see
    archsim/schemes/base.py for what each of these means.
    """

    name: ClassVar[str]
    output_errors: ClassVar[int]
    trains_biases: ClassVar[bool]
    digital_baseline: ClassVar[bool]

    @property
    def keeps_biases(self) -> bool: ...

    @property
    def layer_work(self) -> dict[str, float]: ...

    @property
    def layer_words(self) -> int: ...

    @property
    def remarks(self) -> tuple[str, ...]: ...

    def forward(self, stage: Stage, operation: Operation) -> Operation: ...

    def backward(self, stage: Stage, first: bool) -> list[Operation]: ...

    def image_update(self, stage: Stage) -> list[Operation]: ...

    def batch_update(self, stage: Stage, batch: int) -> list[Operation]: ...

    def setup_operations(self, stages: list[Stage]) -> list[Operation]: ...

    def weights_matrix(self, stage: Stage) -> LayerMatrix | None: ...

    def arrays(self, stages: list[Stage]) -> list[LayerMatrix]: ...

    def state_words(self, stages: list[Stage]) -> dict[str, float]: ...

    def model_dump(self, *, mode: str) -> dict[str, Any]: ...
