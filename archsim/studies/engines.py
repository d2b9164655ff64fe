"""Do compiled events do what SimPy does, cycle by cycle? Random chips, both engines, every difference
shrunk to what it needs.

    python -m archsim.studies.engines --chips 2000 --seed 1
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from archsim.soc.collect import ledger_of_machine, resources
from archsim.soc.compiled.cores.machine import CompiledCoreMachine
from archsim.soc.compiled.machine import CompiledMachine
from archsim.soc.cores.core_machine import CoreMachine
from archsim.soc.engine import PlacedTrace
from archsim.soc.executed import ChipMachine
from archsim.soc.machine import EventMachine
from archsim.studies.random_chips import Draw, draw, work_of
from archsim.studies.random_cores import CoreCase, core_case
from archsim.trace.operation import Operation

MODES = ("layer_by_layer", "pipelined")
# Extra reads a vector: a random chip draws one, so that a half of them repeats reads.
RETRIES = (0.0, 0.0, 0.3, 1.7)


@dataclass(frozen=True, slots=True)
class EngineCase:
    """A random chip in a mode, whose reads are repeated so often on average."""

    chip: Draw
    mode: str
    retries: float

    def work(self) -> PlacedTrace:
        """What both engines are given."""
        return work_of_case(self)

    def smaller(self) -> Iterator[EngineCase]:
        """Cases without retries, with one image, without one of the settings."""
        if self.retries:
            yield replace(self, retries=0.0)
        if self.chip.images > 1:
            yield replace(self, chip=replace(self.chip, images=1))
        for key in self.chip.settings:
            if key != "read.transposed":  # a training reads backwards
                settings = {
                    name: value for name, value in self.chip.settings.items() if name != key
                }
                yield replace(self, chip=replace(self.chip, settings=settings))

    def __str__(self) -> str:
        return f"{self.chip}; {self.mode}, {self.retries} retries a vector"


def cases(chips: int, seed: int) -> Iterator[EngineCase]:
    """So many random chips, each in both modes."""
    for number in range(chips):
        retries = random.Random(f"{seed}/{number}/retries").choice(RETRIES)
        for mode in MODES:
            yield EngineCase(draw(seed, number), mode, retries)


def core_cases(chips: int, seed: int) -> Iterator[CoreCase]:
    """So many random chips of cores, each in both modes."""
    for number in range(chips):
        case = core_case(seed, number)
        for mode in MODES:
            yield replace(case, settings={**case.settings, "execution.mode": mode})


def work_of_case(case: EngineCase) -> PlacedTrace:
    """What both engines are given."""
    work = work_of(case.chip, {"execution.mode": case.mode})

    def repeated(operations: tuple[Operation, ...]) -> tuple[Operation, ...]:
        return tuple(
            replace(op, activity=replace(op.activity, retries=case.retries))
            # Only reads are repeated (bound management).
            if op.kind.startswith("read")
            else op
            for op in operations
        )

    trace = replace(
        work.trace,
        image_operations=repeated(work.trace.image_operations),
        batch_operations=repeated(work.trace.batch_operations),
    )
    return work._replace(trace=trace)


def differences(case: EngineCase | CoreCase) -> list[str]:
    """What is not the same of both engines: cycles, resources with their stalls and queues, counts,
    spans, images, layers, phases.
    """
    work = case.work()
    if work.placement.cores:
        # Two machines from the same work, which neither changes.
        machines: tuple[ChipMachine, ...] = CoreMachine(work), CompiledCoreMachine(*work)
    else:
        machines = EventMachine(*work), CompiledMachine(*work)
    simpy, compiled = map(facts_of, machines)
    return [
        f"{name}: {_first_difference(simpy[name], compiled[name])}"
        for name in simpy
        # Without a tolerance: both engines add the same numbers in the same order.
        if simpy[name] != compiled[name]
    ]


def facts_of(machine: ChipMachine) -> dict[str, Any]:
    """What a machine does, run to its end: whatever two engines must agree on."""
    machine.run()
    return {
        "cycles": machine.end,
        "resources": resources(machine),
        "links": [(link.name, link.flits, link.blocked) for link in machine.links()],
        "ledger": ledger_of_machine(machine).to_rows(),
        "spans": machine.spans,
        "spans left out": machine.dropped_spans,
        "image ends": machine.image_ends,
        "layers": list(machine.layer_cycles.cycles.items()),
        "phases": list(machine.phase_cycles.cycles.items()),
        "totals": [(key, repr(done)) for key, done in machine.totals.items()],
        "stalls of phases": [
            (name, sorted((phase, cycles) for phase, cycles in lane.phase_stalls.items() if cycles))
            for name, lane in machine.lanes.items()
        ],
    }


def _first_difference(one: Any, other: Any) -> str:
    if isinstance(one, list) and len(one) == len(other):
        one, other = next((a, b) for a, b in zip(one, other) if a != b)
    return f"simpy {one}, compiled {other}"


def shrunk(case: EngineCase | CoreCase) -> EngineCase | CoreCase:
    """The case with as few settings and images as still differ."""
    for candidate in case.smaller():
        # Greedy, one change at a time: a case is small enough once no single change keeps the
        # difference.
        if differences(candidate):
            return shrunk(candidate)
    return case


def described(case: EngineCase | CoreCase) -> str:
    """A case that differs in words: what it needs, and how it differs."""
    least = shrunk(case)
    return "\n  ".join([str(least), *differences(least)])


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: 0 where both engines do the same."""
    parser = argparse.ArgumentParser(
        prog="python -m archsim.studies.engines", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--chips", type=int, default=2000, help="how many random chips (2000)")
    parser.add_argument("--seed", type=int, default=1, help="which series of them (1)")
    parser.add_argument("--cores", action="store_true", help="chips of cores instead of flat ones")
    options = parser.parse_args(arguments)
    different = 0
    drawn = core_cases if options.cores else cases
    for case in drawn(options.chips, options.seed):
        if differences(case):
            different += 1
            print(described(case), flush=True)
    print(
        f"{different} of {len(MODES) * options.chips} runs (seed {options.seed}) differ between "
        "simpy and compiled"
    )
    return int(different > 0)


if __name__ == "__main__":
    raise SystemExit(main())
