"""What one step of an operation moves through the chip and asks of its blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archsim.chip.plan.record import OperationPlan, add

if TYPE_CHECKING:
    from archsim.chip.config import Architecture  # see blocks/base.py
    from archsim.chip.placement import LayerPlacement
    from archsim.chip.plan.memory_map import MemoryMap
    from archsim.trace.operation import Operation


@dataclass(slots=True)
class Step:
    """One step of a planned operation, for the blocks on its way.

    `bits_in` come from the buffer and `bits_out` go back to it; `state_in` and `state_out` are bits
    of training state, masks among them; `cache_in` are bits of keys and values that earlier tokens
    left, `cache_out` those that this one leaves, which are among `bits_out`; `sums_in` are bits of
    results that are read again to be added to. `elements_in` is `bits_in` as values, `results_out`
    bits that the tiles put on the wires. `work` is digital work that no block has taken
    yet, by action: a block of its own takes what it does and the vector unit, the last to be asked,
    what is left. `matrix_passes` are vectors that pass blocks of a matrix unit. `layer` is None for
    an operation off the tiles.
    """

    plan: OperationPlan
    chip: Architecture
    memory: MemoryMap
    layer: LayerPlacement | None
    elements_in: float
    bits_in: float
    bits_out: float
    state_in: float
    state_out: float
    work: dict[str, float]
    cache_in: float = 0.0
    cache_out: float = 0.0
    sums_in: float = 0.0
    results_out: float = 0.0
    matrix_passes: float = 0.0

    @property
    def operation(self) -> Operation:
        return self.plan.operation

    def count(self, component: str, action: str, count: float) -> None:
        """Count an action of this step; a retry does not repeat it."""
        add(self.plan.once, component, action, count)


def step_of(
    plan: OperationPlan, layer: LayerPlacement | None, chip: Architecture, memory: MemoryMap
) -> Step:
    """The step of a plan whose tile work is known."""
    operation = plan.operation
    word = chip.vector_unit.word_bits
    elements = (
        operation.fresh_elements
        if chip.buffer.window_reuse and operation.fresh_elements
        else operation.input_elements
    )
    # masks are left on the way forward and read on the way back
    masks_in = operation.mask_bits if operation.phase == "backward" else 0.0
    return Step(
        plan,
        chip,
        memory,
        layer,
        # What overlaps with the window before is in the tile's input register already.
        elements_in=elements,
        bits_in=elements * chip.read.input_bits,
        bits_out=operation.output_elements * chip.read.output_bits,
        state_in=operation.state_reads * word + masks_in,
        # The masks of a step go one way: those that it does not read it leaves.
        state_out=operation.state_writes * word + operation.mask_bits - masks_in,
        work=dict(operation.vector_work),
        cache_in=operation.recalled * chip.read.input_bits,
        cache_out=operation.kept * chip.read.input_bits,
        sums_in=operation.summed_elements * chip.read.output_bits,
    )


def part_of(operation: Operation, lines: int, splits: int) -> tuple[float, float]:
    """Of an operation with few driven lines: its share of all lines, and of the tiles along their
    split.
    """
    if not operation.lines:
        return 1.0, 1.0
    # Few lines lie on few tiles: one line is driven on one of the tiles along its split.
    return min(1.0, operation.lines / lines), min(1.0, operation.lines / splits)
