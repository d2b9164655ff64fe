"""What a training needs once, before its first image: counted and timed on the same chip, apart
from the images.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archsim.chip.config import Architecture
from archsim.trace.operation import Trace

if TYPE_CHECKING:
    from archsim.chip.built import BuiltChip


def setup_facts(built: BuiltChip, timing: bool, engine: str = "auto") -> dict[str, Any] | None:
    """The one-time part of a result, not priced yet: `cycles` (None without `timing`), `pulses` a
    device by array, `ledger` rows.

    None where the trace has no setup operations.
    """
    from archsim.soc.collect import ledger_of_machine
    from archsim.soc.run_built import run_once

    if built.once is None or built.once_counts is None:
        return None
    cycles = None
    ledger = built.once_counts
    machine = run_once(built, engine) if timing else None
    if machine is not None:
        cycles = machine.end
        ledger = built.priced(ledger_of_machine(machine))[0]
    return {
        "cycles": cycles,
        "pulses": pulses_by_array(built.once, built.chip),
        "ledger": ledger.to_rows(),
    }


def pulses_by_array(trace: Trace, chip: Architecture) -> dict[str, float]:
    """Mean pulses that a device of each array gets in one image of the trace."""
    rows = {matrix.layer: matrix.rows for matrix in trace.matrices}
    by_array: dict[str, float] = {}
    for operation in trace.image_operations:
        activity = operation.activity
        pulses = 0.0
        if operation.kind == "write":  # a step is a row, of which a bias row is a share
            pulses = (
                activity.devices_written
                * (activity.write_pulses or chip.write.pulses)
                * operation.steps
                / rows[operation.matrix_name]
            )
        elif operation.kind == "pulse_update":
            pulses = activity.coincidences * operation.steps
        if pulses:
            by_array[operation.matrix_name] = by_array.get(operation.matrix_name, 0.0) + pulses
    return by_array
