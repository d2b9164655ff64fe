"""What a training needs once, before its first image: counted and timed on the same chip, apart from the images."""

from __future__ import annotations

from dataclasses import replace

from archsim.architecture.config import Architecture
from archsim.cost.inventory import Component
from archsim.placement import Placement
from archsim.soc.followers import with_followers
from archsim.soc.inventory import without_absent
from archsim.trace.operation import Trace


def setup_facts(trace: Trace, chip: Architecture, placement: Placement, inventory: list[Component], timing: bool) -> dict | None:
    """The one-time part of a result, not priced yet: `cycles` (None without `timing`), `pulses` a device by array, `ledger` rows.

    None where the trace has no setup operations. Raises InputError for an operation that the chip's parts cannot do.
    """
    from archsim.soc.collect import ledger_of_machine, ledger_of_plans, plans_of
    from archsim.soc.machine import Machine

    if not trace.setup_operations:
        return None
    once = replace(trace, phase="inference", image_operations=trace.setup_operations, batch_operations=(), setup_operations=(),
                   input_elements=0, batch=1)
    if timing:
        machine = Machine(once, chip, placement, 1)
        machine.run()
        cycles, ledger = machine.end, ledger_of_machine(machine)
    else:
        cycles, ledger = None, ledger_of_plans(once, chip, plans_of(once, chip, placement), 1, placement)[0]
    ledger = without_absent(with_followers(ledger, chip), inventory, chip)
    return {"cycles": cycles, "pulses": pulses_by_array(once, chip), "ledger": ledger.to_rows()}


def pulses_by_array(trace: Trace, chip: Architecture) -> dict[str, float]:
    """Mean pulses that a device of each array gets in one image of the trace."""
    rows, found = {matrix.layer: matrix.rows for matrix in trace.matrices}, {}
    for operation in trace.image_operations:
        activity, pulses = operation.activity, 0.0
        if operation.kind == "write":  # a step is a row, of which a bias row is a share
            pulses = activity.devices_written * (activity.write_pulses or chip.write.pulses) * operation.steps / rows[operation.place]
        elif operation.kind == "pulse_update":
            pulses = activity.coincidences * operation.steps
        if pulses:
            found[operation.place] = found.get(operation.place, 0.0) + pulses
    return found
