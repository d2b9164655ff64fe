"""The plan of an operation on a chip: a record of counts and integer cycles. It knows no law."""

from __future__ import annotations

from dataclasses import dataclass, field

from archsim.chip.cores.core_work import CoreWork
from archsim.chip.plan.tile_timing import TileTiming
from archsim.trace.operation import OFF_TILES, Operation

Counts = dict[tuple[str, str], float]
"""Actions by (component, action)."""


def add(counts: Counts, component: str, action: str, count: float) -> None:
    """Count, leaving zeros out."""
    if count:
        counts[component, action] = counts.get((component, action), 0.0) + count


@dataclass(slots=True)
class OperationPlan:
    """An operation on this chip: counts and integer cycles.

    A *job* is what one unit does at a time: `per_job` steps. `job` and `step` count actions of a
    job and of a step that are repeated by a retry; `once` counts actions of a step that are not.
    `down` and `up` are the cycles that a step takes of each block on the way of its inputs and of
    its results, by the block's name; `latency` passes before the first input moves.
    `write_cycles` is the expected duration of a write step, which ends with its slowest device (a
    fraction is carried over to the next step); `clocked_cycles` those of a job in which the clock of
    its tiles runs; `retries` the expected repeats of a job, as many as
    the most of its vectors needs. `cores` is what it asks of the cores of a chip that has some.
    `held`: further matrices whose tiles work with it (lenders of
    periphery, a reference array), and how many of their tiles.
    """

    operation: Operation
    units: int = 1
    per_job: int = 1
    tile_operations: int = 0
    timing: TileTiming = TileTiming(0, 0, 0)
    write_cycles: float = 0.0
    clocked_cycles: float = 0.0
    retries: float = 0.0
    job: Counts = field(default_factory=dict)
    step: Counts = field(default_factory=dict)
    once: Counts = field(default_factory=dict)
    down: dict[str, int] = field(default_factory=dict)
    up: dict[str, int] = field(default_factory=dict)
    latency: int = 0
    share: float = 1.0
    held: dict[str, int] = field(default_factory=dict)
    cores: CoreWork | None = None

    @property
    def jobs(self) -> int:
        return -(-self.operation.steps // self.per_job)

    @property
    def on_tiles(self) -> bool:
        return self.operation.kind not in OFF_TILES

    @property
    def applies_vectors(self) -> bool:
        """True where a job is a tile operation: a vector, or a pair of vectors, applied to the
        tiles.
        """
        return self.operation.kind in ("read", "read_transposed", "pulse_update")
