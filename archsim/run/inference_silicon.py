"""What an inference costs with the activity that its tiles met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from archsim.chip.acts_of_chip import NO_DEVICES
from archsim.chip.built import build_chip
from archsim.chip.unused import unused_notes, unused_settings
from archsim.run.options import SimulationOptions
from archsim.run.result import Result
from archsim.run.run_facts import RunFacts, timed_facts
from archsim.soc.engine import by_work_alone
from archsim.soc.setup import setup_facts

if TYPE_CHECKING:
    from archsim.run.prepared_run import PreparedRun
    from archsim.soc.data.tile_data import TileData
    from archsim.trace.operation import Operation
    from workloads.network import Network


def price_inference(
    prepared: PreparedRun,
    network: Network,
    counted: TileData,
    seed: int,
    notes: Sequence[str],
    idle: Mapping[str, str],
) -> Result:
    """Simulate one image with the measured activity, and price it.

    Args:
        prepared: the chip as it is built, with assumed activity.
        network: what it runs.
        counted: the chip whose reads were counted.
        seed: of the run.
        notes: what else a reader has to know.
        idle: settings of the device that nothing read, with the reason.

    Returns:
        the `Result`.
    """
    before = prepared.built
    bits = before.chip.read.input_bits

    def measured(operation: Operation) -> Operation:
        met = counted.statistics.get(operation.layer)
        # Layers without arrays met no converter.
        if met is None or operation.kind != "read":
            return operation
        return replace(operation, activity=met.activity(bits, operation.activity))

    trace = replace(
        before.trace, image_operations=tuple(map(measured, before.trace.image_operations))
    )
    # Anew, since plans and energies follow the activity.
    built = build_chip(trace, before.chip, before.rule, 1, before.node_nm)
    built.check_time()
    with by_work_alone():
        run = timed_facts(built, network, SimulationOptions(seed=seed))
    unused = unused_settings(built, timed=True, data=True, network=network) | dict(idle)
    # it was asked which devices hold the weights
    unused = {path: why for path, why in unused.items() if why != NO_DEVICES}
    facts: RunFacts = {
        **run.facts,
        "notes": [*notes, *prepared.notes, *run.facts["notes"], *unused_notes(unused)],
    }
    result = Result.from_run(facts, built.parts, run.ledger, setup_facts(built, True))
    result.document["unused"] = sorted(unused)
    return result
