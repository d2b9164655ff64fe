"""What a built chip was asked to do, for the conditions under which its settings act."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from archsim.chip.kind_chips import base_role
from archsim.trace.operation import Operation

if TYPE_CHECKING:
    from archsim.chip.built import BuiltChip


@dataclass(frozen=True)
class Usage:
    """What a built chip was asked to do: `timed` by events, with real `data` on its tiles."""

    built: BuiltChip
    timed: bool
    data: bool

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        trace = self.built.trace
        return trace.image_operations + trace.batch_operations + trace.setup_operations

    def of(self, kind: str) -> list[Operation]:
        """Operations of a kind."""
        return [operation for operation in self.operations if operation.kind == kind]

    def has(self, role: str) -> bool:
        """Whether the chip has a part in this role."""
        return any(base_role(part.name) == role and part.count for part in self.built.parts)

    def does(self, *actions: str) -> bool:
        """Whether a step asks for one of these kinds of digital work."""
        return any(set(actions) & set(operation.vector_work) for operation in self.operations)

    @property
    def random(self) -> bool:
        """Whether random pulse trains are made."""
        return any(operation.random for operation in self.of("pulse_update"))

    @property
    def programs(self) -> bool:
        """Whether devices are programmed: by the update, at the start, or because weights are
        loaded in passes.
        """
        return bool(self.of("write") or self.built.placement.passes)

    @property
    def added(self) -> frozenset[str]:
        """Roles that the update rule brings and the chip has not."""
        return frozenset(self.built.rule.parts(self.built.chip) if self.built.rule else ()) - set(
            self.built.chip.components
        )
